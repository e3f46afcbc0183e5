import type { Fault } from "../domain/faults.ts";
import { groupOf, isGroupId } from "../domain/group.ts";
import { recordKey, type LogRecord } from "../domain/log-record.ts";
import type { Outcome } from "../domain/outcome.ts";
import {
  fieldName,
  isOfModel,
  renewedStamp,
  type Stamp,
  type VectorModel,
} from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { CurrentState, Update } from "../ports/record-store.ts";
import type { BatchLedger } from "./batch-ledger.ts";
import type { LocalQuarantine } from "./quarantine/local-quarantine.ts";
import { refuserOf, standingRefusal } from "./quarantine/refusal-mark.ts";
import type { WriteLoopDetector } from "./write-loop-detector.ts";
import type { Signer } from "./signer.ts";
import { isBlank, type ToText } from "./text.ts";

/** Records that share one text, which is what is embedded, and of which this is the hash. */
export type Group = { hash: string; text: string; records: [LogRecord, ...LogRecord[]] };

/** `outcome`: what becomes of the record where it is written; `fault`: why it is a mark that is written. */
export type Write = { update: Update; outcome: Outcome; fault?: Fault };

export type Batch = {
  groups: Group[];
  writes: Write[];
  /** Records that have lost their vector and are given it again. */
  lost: LogRecord[];
  /** Of these, those that have lost it together with many others of their index. */
  reloaded: LogRecord[];
  /** Records that lose their vector as often as they are given it. */
  loops: { record: LogRecord; hash: string; fault: Fault }[];
  /** Records that cannot be read now: nothing is to be paid for them. */
  unreadable: { record: LogRecord; fault: Fault }[];
};

export type PlanBatchDeps = {
  embedder: VectorModel & Pick<Embedder, "limits">;
  clock: Pick<Clock, "now">;
  toText: ToText;
  signer: Signer;
  localQuarantine: Pick<LocalQuarantine, "has">;
  writeLoops: Pick<WriteLoopDetector, "lost" | "check">;
};

/** Decides from a realtime look what each record needs; those that need nothing have their outcome in the ledger. */
export function planBatch(
  taken: readonly LogRecord[],
  looks: readonly CurrentState[],
  ledger: Pick<BatchLedger, "take" | "settle">,
  { embedder, toText, signer, localQuarantine, writeLoops, clock }: PlanBatchDeps,
): Batch {
  const batch: Batch = {
    groups: [],
    writes: [],
    lost: [],
    reloaded: [],
    loops: [],
    unreadable: [],
  };
  const without: { record: LogRecord; hash: string; text: string }[] = [];
  taken.forEach((record, i) => {
    const look = looks[i] ?? { state: "unchanged" };
    const key = recordKey(record);
    if (!ledger.take(key)) return;
    if (look.state === "unreadable") {
      ledger.settle(key, "deferred", look.fault);
      batch.unreadable.push({ record, fault: look.fault });
      return;
    }
    // A document of another index of the same name, made since the search, is another record.
    const isOther = look.state === "current" && recordKey(look.record) !== key;
    if (look.state === "missing" || isOther) {
      ledger.settle(key, "missing");
      return;
    }
    const current = look.state === "current" ? look.record : record;
    const text = toText(current.text);
    const hash = signer.textHash(text);
    if (localQuarantine.has(key, hash)) {
      ledger.settle(key, "quarantined");
      return;
    }
    if (isBlank(current.text)) {
      const field = fieldName(current.textFields);
      const mark = { skipped: "empty" as const, ...(field && { field }), text_hash: hash };
      const { skipped, field: marked } = current.stamp ?? {};
      const hasVector = current.outdated ?? (look.state === "current" && look.vector !== undefined);
      if (!hasVector && skipped === "empty" && marked === field) ledger.settle(key, "empty");
      else {
        const marking = hasVector ? withChangedText(current) : current;
        batch.writes.push({ update: { record: marking, mark }, outcome: "empty" });
      }
      return;
    }
    // A claim of anybody's keeps nothing from its vector.
    const refusal =
      signer.markOf(current) === "signed"
        ? standingRefusal(current, hash, { by: refuserOf(embedder), now: clock.now() })
        : undefined;
    // Only other fields are looked at now, and the same text is found in them.
    if (refusal && refusal.field !== current.stamp?.["field"]) {
      batch.writes.push({ update: { record: current, mark: refusal }, outcome: "quarantined" });
      return;
    }
    const found =
      look.state === "current" ? vectorInStore(look, text, { embedder, signer }) : undefined;
    if (found === "already_vectorized") ledger.settle(key, found);
    else if (found === "text_changed") {
      without.push({ record: withChangedText(current), hash, text });
    } else if (found)
      batch.writes.push({ update: { record: current, ...found }, outcome: "reused" });
    else without.push({ record: current, hash, text });
  });
  sortLost(batch, ledger, without, writeLoops);
  return batch;
}

/** The record with what it says of its vector: whatever is written into it now, that one does not stay. */
export function withChangedText(record: LogRecord): LogRecord {
  return { ...record, outdated: true, textChanged: true };
}

/** Many of one index at once were reloaded; one that loses its vector again and again is left. */
function sortLost(
  batch: Batch,
  ledger: Pick<BatchLedger, "settle">,
  without: readonly { record: LogRecord; hash: string; text: string }[],
  writeLoops: PlanBatchDeps["writeLoops"],
): void {
  const byHash = new Map<string, Group>();
  // The vector of an earlier text is replaced, not lost.
  const { all, together } = writeLoops.lost(without.filter(({ record }) => !record.textChanged));
  const keysOf = (lost: typeof all) => new Set(lost.map(({ record }) => recordKey(record)));
  const [lost, reloaded] = [keysOf(all), keysOf(together)];
  for (const { record, hash, text } of without) {
    const fault = record.textChanged ? undefined : writeLoops.check({ record, hash });
    if (fault) {
      ledger.settle(recordKey(record), "quarantined", fault);
      batch.loops.push({ record, hash, fault });
      continue;
    }
    if (lost.has(recordKey(record))) batch.lost.push(record);
    if (reloaded.has(recordKey(record))) batch.reloaded.push(record);
    addToGroup(batch, byHash, { hash, text }, record);
  }
}

function addToGroup(
  batch: Batch,
  byHash: Map<string, Group>,
  { hash, text }: Pick<Group, "hash" | "text">,
  record: LogRecord,
) {
  const group = byHash.get(hash);
  if (group) {
    group.records.push(record);
    return;
  }
  const created: Group = { hash, text, records: [record] };
  byHash.set(hash, created);
  batch.groups.push(created);
}

/**
 * What a vector that the document already has is worth. One that came while we looked is somebody's finished work, save
 * one of another model where a new one is wanted, and one of another text; one that search cannot see is ours to write again, if it was
 * signed here for this text and embedder.
 */
function vectorInStore(
  look: Extract<CurrentState, { state: "current" }>,
  text: string,
  { embedder, signer }: Pick<PlanBatchDeps, "embedder" | "signer">,
): "already_vectorized" | "text_changed" | { vector: Float32Array; stamp: Stamp } | undefined {
  const { vector, record, changed } = look;
  if (!vector) return undefined;
  const { stamp = {} } = record;
  const said = signer.textOf(stamp, text);
  if (record.outdated) {
    if (!isOfModel(stamp, embedder)) return undefined;
    if (said === "this" || said === "foreign") return "already_vectorized";
    return said === "another" ? "text_changed" : undefined;
  }
  if (changed) return said === "another" ? "text_changed" : "already_vectorized";
  const hash = signer.textHash(text);
  const ours = stamp["text_hash"] === hash && isOfModel(stamp, embedder);
  if (!ours || !signer.holds(stamp, vector)) return undefined;
  const { model, dimensions } = embedder;
  const group = isGroupId(stamp["group"]) ? stamp["group"] : groupOf({ ...record, text }).group;
  const again = renewedStamp({ ...stamp, group }, { model, dimensions, text_hash: hash });
  return { vector, stamp: signer.sign(again, vector) };
}
