import type { JoinedStore } from "../joined-store.ts";
import type { Signer } from "../signer.ts";
import { isBlank, type ToText } from "../text.ts";
import type { IndexCoverage } from "../../domain/coverage.ts";
import { Fault } from "../../domain/faults.ts";
import { recordKey, type LogRecord } from "../../domain/log-record.ts";
import type { FitIndex } from "../../domain/survey.ts";
import type { CurrentState } from "../../ports/record-store.ts";
import { keptId, type Kept, type LocalQuarantine } from "./local-quarantine.ts";

export type ReviewDeps = {
  store: Pick<
    JoinedStore,
    "prepare" | "findLatestMarked" | "readCurrent" | "write" | "makeVisible"
  >;
  localQuarantine: Pick<LocalQuarantine, "all" | "clear" | "moved" | "keep">;
  toText: ToText;
  signer: Signer;
};

/** Of each kind of index so many marked documents are read, those first that changed last. */
const LATEST = 500;
/** So many records of the local quarantine are looked at, the newest first. */
const MAX_LOOKS = 1000;

/** `unproven`: marks that this installation did not write and that were removed, by index; another's key is left to the audit. */
type Reviewed = { isOther: boolean; unproven: ReadonlyMap<string, number> };

const NONE: Reviewed = { isOther: false, unproven: new Map() };

/**
 * Takes away marks whose text has changed beside them, which no query can find, and marks that anybody may have written.
 * `isOther`: it took away any, or gave an index the mapping by which its marks can be asked for: what is pending is to be
 * counted again. A failure leaves the marks for the next time. `rows`: of the fit indices.
 */
export async function reviewMarks(
  { store, toText, signer }: ReviewDeps,
  { fit, rows }: { fit: readonly FitIndex[]; rows: readonly IndexCoverage[] },
  signal: AbortSignal,
): Promise<Reviewed> {
  const marked = new Set(
    rows.filter((row) => row.quarantined + row.withoutText > 0).map(({ index }) => index),
  );
  if (marked.size === 0) return NONE;
  try {
    const bare = fit.filter(({ index, marks }) => marks === "bare" && marked.has(index));
    const signing = new Set(fit.flatMap(({ index, unsigned }) => (unsigned ? [] : [index])));
    if (bare.length > 0) {
      await store.prepare(
        bare.map(({ index }) => index),
        signal,
      );
    }
    const query = { indices: [...marked], limit: LATEST };
    const records = await store.findLatestMarked(query, signal);
    const isUnproven = (record: LogRecord) =>
      signing.has(record.index) && signer.markOf(record) === "unproven";
    const fallen = records.filter(
      (record) =>
        hasFallen(record, { toText, signer }) ||
        (record.stamp?.["skipped"] === "refused" && isUnproven(record)),
    );
    if (fallen.length === 0) return { ...NONE, isOther: bare.length > 0 };
    const updates = fallen.map((record) => ({ record, unmark: true as const }));
    const results = await store.write(updates, signal);
    const written = fallen.filter((_, i) => results[i]?.status === "written");
    if (written.length > 0) {
      await store.makeVisible([...new Set(written.map(({ index }) => index))], signal);
    }
    const unproven = Map.groupBy(written.filter(isUnproven), ({ index }) => index);
    const counts = [...unproven].map(([index, { length }]) => [index, length] as const);
    return { isOther: written.length + bare.length > 0, unproven: new Map(counts) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return NONE;
  }
}

/** Whether the text is another one than the mark was given for. */
function hasFallen(
  { stamp = {}, text }: LogRecord,
  { toText, signer }: Pick<ReviewDeps, "toText" | "signer">,
): boolean {
  if (stamp["skipped"] === "empty") return !isBlank(text);
  return signer.textOf(stamp, toText(text)) === "another";
}

/**
 * Lets go of records that were quarantined for a text that is another one by now, that are gone, or whose index is another
 * one of the same name. A failure leaves them for the next time.
 */
export async function reviewLocalQuarantine(
  { store, localQuarantine, toText, signer }: ReviewDeps,
  fit: readonly FitIndex[],
  signal: AbortSignal,
): Promise<void> {
  const uuids = new Map(fit.map(({ index, uuid }) => [index, uuid]));
  const known = localQuarantine.all().filter(({ index }) => uuids.has(index));
  const isOfNow = ({ index, index_uuid: own }: Kept) => own === uuids.get(index);
  const gone = known.filter((one) => !isOfNow(one));
  const asked = known.filter(isOfNow).slice(0, MAX_LOOKS);
  const fallen = new Set(gone.map(keyOf));
  try {
    const looks = asked.length > 0 ? await store.readCurrent(asked.map(asRecord), signal) : [];
    for (const [i, kept] of asked.entries()) {
      const look: CurrentState = looks[i] ?? { state: "unchanged" };
      if (look.state === "missing") fallen.add(keyOf(kept));
      if (look.state !== "current") continue;
      if (signer.textHash(toText(look.record.text)) !== kept.text_hash) fallen.add(keyOf(kept));
      else if (look.changed) localQuarantine.moved(keyOf(kept), look.record.version);
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  localQuarantine.clear(fallen);
  await localQuarantine.keep();
}

function keyOf(kept: Kept): string {
  return recordKey(keptId(kept));
}

function asRecord(kept: Kept): LogRecord {
  const { shard_key: shardKey, version } = kept;
  return {
    ...keptId(kept),
    ...(shardKey === undefined ? {} : { shardKey }),
    version,
    text: "",
  };
}
