import {
  createMemoryStore,
  type MemoryStore,
  type MemoryStoreSettings,
} from "../../../scripts/quickstart/memory/memory-store.ts";
import { createVectorSearch } from "../../../scripts/quickstart/memory/vector-search.ts";
import type { Fault } from "../../../src/domain/faults.ts";
import { recordKey, type LogRecord } from "../../../src/domain/log-record.ts";
import { asVersion } from "../../../src/domain/version.ts";
import type { CurrentState, RecordStore, Update } from "../../../src/ports/record-store.ts";
import type { PointName, VectorIndex, VectorPoint } from "../../../src/ports/vector-index.ts";

/** What only the most modest of stores cannot do. */
export const NO_CAPABILITIES = {
  ordered: false,
  guardedWrites: false,
  delayedVisibility: false,
  storesVectors: false,
} as const;

type Owner = Pick<MemoryStore, "seed" | "arrive" | "read" | "change" | "remove" | "createIndex">;

export type SplitStore = Owner & {
  store: RecordStore;
  vectors: PointIndex;
};

/**
 * A store that keeps no vectors, guards no write, has no order and shows writes at once; and an index of vectors apart from
 * it. A record with a stamp counts as one with a vector.
 */
export function createSplitStore(settings: MemoryStoreSettings): SplitStore {
  const memory = createMemoryStore(settings);
  const show = async (index: string) => {
    await memory.makeVisible([index], new AbortController().signal);
  };
  const {
    makeVisible: _,
    probeWritable: __,
    openUnsignedScan: ___,
    openUngroupedScan: ____,
    ...rest
  } = memory;
  const { comparable: _c, nearest: _n, occurrences: _o, findVectors: _f, ...records } = rest;
  return {
    store: {
      ...records,
      name: "records apart",
      capabilities: NO_CAPABILITIES,
      async findPending(query, signal) {
        const found = await memory.findPending(query, signal);
        return { ...found, records: found.records.toReversed() };
      },
      async findOutdated({ notAfterMs, ...query }, signal) {
        if (notAfterMs !== undefined) throw new Error("a store without order is asked for one");
        const found = await memory.findOutdated(query, signal);
        return { ...found, records: found.records.toReversed() };
      },
      readCurrent: async (asked, signal) =>
        (await memory.readCurrent(asked, signal)).map(withoutVector),
      async locate(targets, signal) {
        const located = await memory.locate(targets, signal);
        return located.map((one) =>
          one.state === "found" ? { ...one, current: withoutVector(one.current) } : one,
        );
      },
      async write(updates, signal) {
        const results = [];
        for (const update of updates) {
          const now = await memory.readCurrent(
            [{ ...update.record, version: asVersion("none") }],
            signal,
          );
          const [current] = now;
          const version = current?.state === "current" ? current.record.version : asVersion("none");
          results.push(
            ...(await memory.write(
              [asMarker({ ...update, record: { ...update.record, version } })],
              signal,
            )),
          );
          await show(update.record.index);
        }
        return results;
      },
    },
    vectors: createPointIndex(),
    createIndex: memory.createIndex,
    seed: memory.seed,
    arrive(documents) {
      memory.seed(documents);
    },
    read: memory.read,
    change(document, partial) {
      memory.change(document, partial);
      void show(document.index);
    },
    remove(document) {
      memory.remove(document);
      void show(document.index);
    },
  };
}

/** The store in memory takes a record for vectorized by a list in this place; there is nothing in it. */
function asMarker(update: Update): Update {
  return "vector" in update ? { ...update, vector: new Float32Array() } : update;
}

function withoutVector(now: CurrentState): CurrentState {
  if (now.state !== "current") return now;
  const { vector: _, ...rest } = now;
  return rest;
}

type PointIndex = VectorIndex & {
  /** All vectors of a record. */
  of(record: Pick<LogRecord, "index" | "id">): VectorPoint[];
  /** Says of each point why it is not taken; what it throws ends the request. */
  refuse(why: ((point: VectorPoint) => Fault | undefined) | undefined): void;
};

/** Vectors by record, text hash and model, with no text and no version. */
function createPointIndex(): PointIndex {
  const points = new Map<string, VectorPoint>();
  let refuse: ((point: VectorPoint) => Fault | undefined) | undefined;
  const keyOf = ({ record, stamp }: VectorPoint) => `${recordKey(record)}\n${nameOf(stamp)}`;
  const search = createVectorSearch((index) => ({
    mapped: true,
    search: "exact",
    documents: [...points.values()]
      .filter(({ record }) => record.index === index)
      .map(({ record, vector, stamp }) => ({
        record: { ...record, text: "", stamp },
        vector,
      })),
  }));
  return {
    comparable: async (scope) => search.comparable(scope),
    nearest: async (query) => search.nearest(query),
    occurrences: async (query) => search.occurrences(query),
    async findVectors({ textHashes, model, dimensions, signer }) {
      const wanted = new Set(
        textHashes.map((hash) => nameOf({ text_hash: hash, model, dimensions })),
      );
      const found = [...points.values()].filter(
        ({ stamp, vector }) => wanted.has(nameOf(stamp)) && signer.holds({ ...stamp }, vector),
      );
      return new Map(
        found.map(({ stamp: { text_hash: hash, truncated }, vector }) => [
          hash,
          { vector, truncated },
        ]),
      );
    },
    async upsert(given) {
      return given.map((point) => {
        const fault = refuse?.(point);
        if (!fault) points.set(keyOf(point), point);
        return fault;
      });
    },
    async delete(stale) {
      for (const { record, name } of stale) {
        for (const [key, point] of points) {
          const isMeant = name === undefined || nameOf(name) === nameOf(point.stamp);
          if (recordKey(point.record) === recordKey(record) && isMeant) points.delete(key);
        }
      }
    },
    of: ({ index, id }) =>
      [...points.values()].filter(({ record }) => record.index === index && record.id === id),
    refuse: (why) => {
      refuse = why;
    },
  };
}

function nameOf({ text_hash: hash, model, dimensions }: PointName): string {
  return JSON.stringify([hash, model, dimensions]);
}
