import { isTransient } from "../domain/fault-policy.ts";
import type { Fault } from "../domain/faults.ts";
import { recordKey } from "../domain/log-record.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Events } from "../ports/events.ts";
import type { Update, WriteResult } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { BatchLedger } from "./batch-ledger.ts";
import type { LocalQuarantine } from "./quarantine/local-quarantine.ts";
import type { PausedIndices } from "./collections/paused-indices.ts";
import type { Trials } from "./collections/trials.ts";
import { basisOf, refusalMark } from "./quarantine/refusal-mark.ts";
import type { WriteLoopDetector } from "./write-loop-detector.ts";
import type { Write } from "./plan-batch.ts";
import type { Signer } from "./signer.ts";
import type { ToText } from "./text.ts";
import type { UnseenVectors } from "./unseen-vectors.ts";
import type { VectorCache } from "./vector-cache.ts";
import { writeUpdates, type WriteDeps } from "./write-updates.ts";

export type ApplyWritesDeps = WriteDeps & {
  cache: Pick<VectorCache, "hold" | "release">;
  unseen: Pick<UnseenVectors, "written">;
  paused: Pick<PausedIndices, "ended">;
  trials: Pick<Trials, "took" | "refused">;
  writeLoops: Pick<WriteLoopDetector, "written">;
  toText: ToText;
  signer: Pick<Signer, "textHash">;
  localQuarantine: Pick<LocalQuarantine, "add" | "clear" | "keep">;
  events: Pick<Events, "recordFailed">;
};

/**
 * Writes what a batch has come to and says what became of each record. Throws no Fault; returns the one that kept every
 * write of the batch from being carried out.
 */
export async function applyWrites(
  deps: ApplyWritesDeps,
  ledger: Pick<BatchLedger, "settle">,
  writes: readonly Write[],
  stop: StopSignals,
): Promise<Fault | undefined> {
  const updates = writes.map(({ update }) => update);
  // Until it is written no other batch finds it, and with retries that can take longer than others leave it in the cache.
  for (const update of updates) {
    if (!("vector" in update)) continue;
    const { vector, stamp } = update;
    deps.cache.hold(stamp.text_hash, { vector, truncated: stamp.truncated });
  }
  const results = await writeUpdates(deps, updates, stop);
  const refused: Refused[] = [];
  for (const [i, write] of writes.entries()) {
    const { record } = write.update;
    const result = results[i];
    const outcome = outcomeAfter(write, result);
    const failure = result?.status === "failed" ? result.fault : undefined;
    // A text that was refused stays refused for its first reason where its mark cannot be written.
    const fault = write.fault ?? failure;
    ledger.settle(recordKey(record), outcome, fault);
    if (!failure || !fault) continue;
    const { index, id } = record;
    deps.events.recordFailed({ index, id, outcome, fault: failure });
    if (outcome === "quarantined") refused.push({ update: write.update, fault });
  }
  await keepAside(deps, refused, stop);
  noteIndices(deps, writes, results);
  for (const [i, { update }] of writes.entries()) {
    const key = recordKey(update.record);
    const result = results[i];
    if (result && isIndexRefusal(result) && "stamp" in update) {
      const { vector, stamp, record } = update;
      deps.trials.refused(record, stamp.text_hash, { vector, truncated: stamp.truncated });
    }
    if (result?.status !== "written") continue;
    deps.localQuarantine.clear([key]);
    if (!("stamp" in update)) continue;
    deps.trials.took(update.record);
    // Before the cache lets go of it: from here on this memory is what knows of it until search does.
    deps.unseen.written(update.stamp.text_hash, update.record);
    deps.cache.release(update.stamp.text_hash);
    deps.writeLoops.written({ record: update.record, hash: update.stamp.text_hash });
  }
  return faultOfAll(results);
}

function outcomeAfter({ outcome }: Write, result: WriteResult | undefined): Outcome {
  if (!result) return "deferred";
  if (result.status === "written") return outcome;
  if (result.status !== "failed") return result.status;
  return outcome === "quarantined" || result.fault.kind === "record" ? "quarantined" : "deferred";
}

/** An update that its document refused, and why the record is quarantined. */
type Refused = { update: Update; fault: Fault };

/**
 * A document that refuses its vector gets a mark instead. What takes neither, not the mark of its refusal, or keeps an
 * older vector goes to the local quarantine where its document has no part in it.
 */
async function keepAside(
  deps: ApplyWritesDeps,
  refused: readonly Refused[],
  stop: StopSignals,
): Promise<void> {
  // A mark would take the place of the stamp of the vector that an outdated one keeps.
  const takesNoMark = ({ update: { record, ...what } }: Refused) =>
    !("vector" in what) || (record.outdated === true && !record.textChanged);
  const open = refused.filter((one) => !takesNoMark(one));
  const marks = open.map(({ update: { record }, fault }) => ({
    record,
    // The document refused it, whatever the model: nothing of the embedder's is what this rests on.
    mark: refusalMark(
      record.stamp,
      fault,
      deps.clock.now(),
      basisOf(record, { textHash: deps.signer.textHash(deps.toText(record.text)) }),
    ),
  }));
  const answers = await writeUpdates(deps, marks, stop);
  const failed = open.filter((_, i) => answers[i]?.status === "failed");
  for (const { update, fault } of [...refused.filter(takesNoMark), ...failed]) {
    const { record } = update;
    deps.localQuarantine.add(record, {
      textHash: deps.signer.textHash(deps.toText(record.text)),
      fault,
    });
  }
}

/** An index that refused every update for its own sake, or for ours, is to be paused. */
function noteIndices(
  { paused }: ApplyWritesDeps,
  writes: readonly Write[],
  results: readonly WriteResult[],
): void {
  const ended = new Map<string, Fault | undefined>();
  for (const [i, { update }] of writes.entries()) {
    const { index } = update.record;
    const result = results[i];
    if (result && isIndexRefusal(result)) {
      if (!ended.has(index)) ended.set(index, result.fault);
    } else if (result && !isUnanswered(result)) ended.set(index, undefined);
  }
  for (const [index, fault] of ended) paused.ended(index, fault);
}

/** What the index has against it, and not this record's own fault. */
function isIndexRefusal(result: WriteResult): result is WriteResult & { status: "failed" } {
  return result.status === "failed" && PAUSING.has(result.fault.kind);
}

/** Of its index that says nothing. */
function isUnanswered(result: WriteResult): boolean {
  return result.status === "failed" && isTransient(result.fault.kind);
}

/** In one item of a bulk answer these are about its index: no permission there, or a mapping that does not fit. */
const PAUSING = new Set<Fault["kind"]>(["index", "credentials", "configuration"]);

function faultOfAll(results: readonly WriteResult[]): Fault | undefined {
  const faults = results.map((result) => (result.status === "failed" ? result.fault : undefined));
  const [first] = faults;
  return faults.every((fault) => fault && isTransient(fault.kind)) ? first : undefined;
}
