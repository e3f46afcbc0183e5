import { Fault } from "../domain/faults.ts";
import { recordKey, withoutVersion, type LogRecord } from "../domain/log-record.ts";
import { joinGaps, type Gap } from "../domain/partial.ts";
import type { RecordStore, CurrentState, Update, WriteResult } from "../ports/record-store.ts";
import type { PointName, VectorIndex } from "../ports/vector-index.ts";
import type { Signer } from "./signer.ts";

/** A store as the core uses it: what it cannot do itself is done for it. */
export type JoinedStore = Required<Omit<RecordStore, Optional>> & Pick<RecordStore, Optional>;
/** Where the store cannot do it, nobody else does it for it. */
type Optional = "findByWords" | "findAround";

type Parts = {
  store: RecordStore;
  vectors: VectorIndex;
  /** Asked once the first mark is written or the first vector is read from the index. */
  signer: () => Promise<Pick<Signer, "signMark" | "holds" | "key">>;
};

type Write = RecordStore["write"];

/**
 * Makes one store out of the two ports, by their capabilities. Marks are signed. Where the store keeps no vectors, they
 * are written to the index before their stamps, read from there, and hits get their records from the store; where it
 * cannot guard writes, each record is read again just before.
 */
export function joinStore({ store, vectors, signer }: Parts): {
  store: JoinedStore;
  vectors: VectorIndex;
} {
  const { storesVectors, guardedWrites, delayedVisibility } = store.capabilities;
  const guarded: Write = guardedWrites ? store.write : readFirst(store);
  const write = storesVectors ? guarded : vectorsFirst(vectors, guarded);
  const signed = async (update: Update): Promise<Update> => {
    if (!("mark" in update)) return update;
    const { record, mark } = update;
    return { record, mark: (await signer()).signMark(record, mark) };
  };
  const joined: JoinedStore = {
    makeVisible: async (indices) => ({ seen: delayedVisibility ? [] : [...indices], failed: [] }),
    probeWritable: async (indices) => indices.map((index) => ({ index, allowed: true })),
    openUnsignedScan: async () => NO_RECORDS,
    openUngroupedScan: async () => NO_RECORDS,
    ...store,
    write: async (updates, signal, urgent) =>
      write(await Promise.all(updates.map(signed)), signal, urgent),
  };
  if (storesVectors) return { store: joined, vectors };
  const vectorsOf = readVectors(vectors, signer);
  return {
    store: {
      ...joined,
      readCurrent: async (records, signal) =>
        vectorsOf(await store.readCurrent(records, signal), signal),
      async locate(targets, signal) {
        const located = await store.locate(targets, signal);
        const found = located.flatMap((one) => (one.state === "found" ? [one.current] : []));
        const whole = (await vectorsOf(found, signal)).values();
        return located.map((one) =>
          one.state === "found" ? { ...one, current: whole.next().value ?? one.current } : one,
        );
      },
    },
    vectors: { ...vectors, nearest: withRecords(store, vectors) },
  };
}

const NO_RECORDS = {
  next: () => Promise.resolve([]),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** What changed since it was read is not written, save within the moment between this read and the write. */
function readFirst(store: RecordStore): Write {
  return async (updates, signal, urgent) => {
    const states = await store.readCurrent(
      updates.map(({ record }) => record),
      signal,
    );
    const results = states.map((now): WriteResult | undefined => {
      if (now.state === "missing") return { status: "missing" };
      if (now.state === "unreadable") return { status: "failed", fault: now.fault };
      return now.state === "current" && now.changed ? { status: "conflicted" } : undefined;
    });
    return writeRest(store.write, updates, results, { signal, urgent });
  };
}

/**
 * A stamp is written only once the index has its vector, so that a stamp always means a vector. Of a record that is gone
 * its vectors are removed; a vector without a stamp is passed over by search and taken up by the next try.
 */
function vectorsFirst(vectors: VectorIndex, write: Write): Write {
  return async (updates, signal, urgent) => {
    const points = updates.flatMap((update) => ("vector" in update ? [update] : []));
    const removes = updates.some(({ record }) => record.textChanged);
    if (points.length === 0 && !removes) return write(updates, signal, urgent);
    const faults = points.length > 0 ? await upsert(vectors, points, signal) : [];
    const faultOf = new Map(points.map((point, i) => [point as Update, faults[i]]));
    const failed = updates.map((update): WriteResult | undefined => {
      const fault = faultOf.get(update);
      return fault && { status: "failed", fault };
    });
    const results = await writeRest(write, updates, failed, { signal, urgent });
    const stale = updates.flatMap((update, i): { record: LogRecord; name?: PointName }[] => {
      const { record } = update;
      const { status } = results[i] ?? {};
      if (!("vector" in update) && !record.textChanged) return [];
      if (status === "missing") return [{ record }];
      const name = nameIn(record.stamp);
      const isOld = name && !("stamp" in update && isSame(name, update.stamp));
      return status === "written" && isOld ? [{ record, name }] : [];
    });
    await removeStale(vectors, stale, signal);
    return results;
  };
}

async function upsert(
  vectors: VectorIndex,
  points: Parameters<NonNullable<VectorIndex["upsert"]>>[0],
  signal: AbortSignal,
): Promise<(Fault | undefined)[]> {
  try {
    return (await vectors.upsert?.(points, signal)) ?? [];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return points.map(() => error);
  }
}

/** What is left costs room alone: no stamp names it. */
async function removeStale(
  vectors: VectorIndex,
  stale: Parameters<NonNullable<VectorIndex["delete"]>>[0],
  signal: AbortSignal,
): Promise<void> {
  if (stale.length === 0) return;
  try {
    await vectors.delete?.(stale, signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

/** Writes the updates that have no result yet. */
async function writeRest(
  write: Write,
  updates: readonly Update[],
  results: readonly (WriteResult | undefined)[],
  { signal, urgent }: { signal: AbortSignal; urgent: AbortSignal | undefined },
): Promise<WriteResult[]> {
  const open = updates.filter((_, i) => results[i] === undefined);
  const written = (open.length > 0 ? await write(open, signal, urgent) : []).values();
  return results.map((result) => result ?? written.next().value ?? { status: "missing" });
}

/** Reads the vector of each stamp. One that may be in what was not seen makes its record unreadable. */
function readVectors(vectors: VectorIndex, signer: Parts["signer"]) {
  return async (states: readonly CurrentState[], signal: AbortSignal): Promise<CurrentState[]> => {
    const names = states.map((now) =>
      now.state === "current" ? nameIn(now.record.stamp) : undefined,
    );
    const sought = names.filter((name) => name !== undefined);
    if (sought.length === 0) return [...states];
    const check = await signer();
    const ofModel = Map.groupBy(sought, ({ model, dimensions }) => `${dimensions} ${model}`);
    const asked = [...ofModel].map(async ([key, [one, ...more]]) => {
      const { model, dimensions } = one ?? { model: "", dimensions: 0 };
      const textHashes = [...new Set([one, ...more].flatMap((name) => name?.text_hash ?? []))];
      const what = { textHashes, model, dimensions, signer: check };
      return [key, await vectors.findVectors(what, signal)] as const;
    });
    const found = new Map(await Promise.all(asked));
    return states.map((now, i) => {
      const name = names[i];
      if (!name || now.state !== "current") return now;
      const answer = found.get(`${name.dimensions} ${name.model}`);
      const vector = answer?.get(name.text_hash)?.vector;
      const [gap] = answer?.gaps ?? [];
      if (vector) return { ...now, vector };
      if (!gap) return now;
      return { state: "unreadable", fault: new Fault("outage", `${gap.index}: ${gap.reason}`) };
    });
  };
}

/** Hits with their records as the store has them; vectors that no stamp names are passed over. */
function withRecords(store: RecordStore, vectors: VectorIndex): VectorIndex["nearest"] {
  return async (query, signal) => {
    const found = await vectors.nearest(query, signal);
    const states = await store.readCurrent(
      found.hits.map(({ record }) => withoutVersion(record)),
      signal,
    );
    const gaps: Gap[] = [];
    const gone: LogRecord[] = [];
    const hits = found.hits.flatMap(({ record: known, score }, i) => {
      const now = states[i];
      if (now?.state === "missing") gone.push(known);
      if (now?.state === "unreadable") gaps.push({ index: known.index, reason: now.fault.message });
      if (now?.state !== "current" || recordKey(now.record) !== recordKey(known)) return [];
      const [name, own] = [nameIn(now.record.stamp), nameIn(known.stamp)];
      return name && own && isSame(name, own) ? [{ record: now.record, score }] : [];
    });
    await removeStale(
      vectors,
      gone.map((record) => ({ record })),
      signal,
    );
    return { ...found, hits, gaps: joinGaps(found.gaps, gaps) };
  };
}

/** Which vector a stamp means; undefined for a mark, or for none. */
function nameIn(stamp: Record<string, unknown> | undefined): PointName | undefined {
  const { text_hash: hash, model, dimensions, skipped } = stamp ?? {};
  if (skipped !== undefined && skipped !== null) return undefined;
  if (typeof hash !== "string" || typeof model !== "string") return undefined;
  return typeof dimensions === "number" ? { text_hash: hash, model, dimensions } : undefined;
}

function isSame(a: PointName, b: PointName): boolean {
  return a.text_hash === b.text_hash && a.model === b.model && a.dimensions === b.dimensions;
}
