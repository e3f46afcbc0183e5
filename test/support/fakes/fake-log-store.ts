import {
  createMemoryStore,
  type IndexTraits,
  type MemoryStore,
} from "../../../scripts/quickstart/memory/memory-store.ts";
import type { MemoryDocument } from "../../../scripts/quickstart/memory/indices.ts";
import { sumCoverage } from "../../../src/domain/coverage.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { VectorModel } from "../../../src/domain/stamp.ts";
import type { GroupCounts } from "../../../src/ports/group-counts.ts";
import type { RecordStatistics } from "../../../src/ports/record-statistics.ts";
import type {
  RecordStore,
  Prepared,
  Scan,
  Target,
  Update,
  WriteResult,
} from "../../../src/ports/record-store.ts";
import type { VectorIndex } from "../../../src/ports/vector-index.ts";

export type { Source } from "../../../scripts/quickstart/memory/documents.ts";
export type SeedDocument = MemoryDocument;

type FakeIndex = Partial<IndexTraits> & {
  /** Why it takes no mapping. */
  refusesMapping?: string;
};

type Both = Required<RecordStore> & Omit<VectorIndex, "upsert" | "delete">;
type Method = Exclude<keyof Both, "name" | "capabilities">;
/** Runs before a call; what it throws is what the call throws. */
type Hook = (call: number) => void | Promise<void>;

type Hands = Pick<MemoryStore, "seed" | "arrive" | "read" | "change" | "remove">;

export type FakeLogStore = Both &
  Hands & {
    /** Counts by the groups in stamps. */
    groupCounts: GroupCounts;
    /** Counts of all records by level and service. */
    statistics: RecordStatistics;
    /** Makes an index, or changes what is so about it. */
    define(index: string, options: FakeIndex): void;
    drop(index: string): void;
    /** What runs before every call of a method; `undefined` ends that. */
    before(method: Method, hook: Hook | undefined): void;
    /** So many pending records have room in one answer; `undefined` ends that. */
    room(records: number | undefined): void;
    /** Says for each update whether it is refused, and why. */
    refuse(update: ((update: Update) => Fault | undefined) | undefined): void;
    /** How often each method was called, the failed calls included. */
    calls: Record<Method, number>;
    /** The updates of each write, in order. */
    writes: Update[][];
    /** The records that each look was asked about. */
    looks: LogRecord[][];
    /** The targets that each locate was asked about. */
    located: Target[][];
  };

/** The store in memory, with faults: calls that fail, indices that are skipped, writes that are refused. */
export function createFakeLogStore(
  documents: readonly SeedDocument[] = [],
  settings: {
    now?: () => number;
    minAgeMs?: number;
    /** Whose vectors count. Default: those of any model. */
    inForce?: VectorModel;
    /** The most tokens of a text that are sent. Default: refusals of any limit count. */
    tokenLimit?: number;
    /** A longer text is cut to so many UTF-8 bytes where it is read. Default: none is. */
    maxTextBytes?: number;
  } = {},
): FakeLogStore {
  const { now = Date.now } = settings;
  const known = new Map<string, FakeIndex>();
  const traitsOf = (index: string) => ({
    mapped: true,
    search: "graph" as const,
    ...known.get(index),
  });
  const memory = createMemoryStore({ levels: ["ERROR"], ...settings, traitsOf });
  const hooks = new Map<Method, Hook>();
  let room = Infinity;
  let refuse: ((update: Update) => Fault | undefined) | undefined;
  const calls = noCalls();
  const writes: Update[][] = [];
  const looks: LogRecord[][] = [];
  const located: Target[][] = [];

  const enter = async (method: Method) => {
    calls[method]++;
    await hooks.get(method)?.(calls[method]);
  };
  const watched = <Given extends unknown[], Answer>(
    method: Method,
    run: (...given: Given) => Promise<Answer>,
  ) => {
    return async (...given: Given): Promise<Answer> => {
      await enter(method);
      return await run(...given);
    };
  };
  const prepare = (names: readonly string[]): Prepared => {
    const prepared: Prepared = { mapped: [], refused: [] };
    for (const index of names) {
      const { mapped, refusesMapping: reason } = known.get(index) ?? {};
      if (mapped !== false) continue;
      if (reason === undefined) {
        known.set(index, { ...known.get(index), mapped: true });
        prepared.mapped.push(index);
      } else prepared.refused.push({ index, reason });
    }
    return prepared;
  };
  const write = async (updates: readonly Update[], signal: AbortSignal): Promise<WriteResult[]> => {
    writes.push([...updates]);
    if (!refuse) return memory.write(updates, signal);
    const looked = await memory.readCurrent(
      updates.map(({ record }) => record),
      signal,
    );
    const faults = updates.map((update, i) => {
      const look = looked[i];
      // Asked only about what would be written otherwise.
      const isThere = look?.state === "unchanged" || (look?.state === "current" && !look.changed);
      return isThere ? refuse?.(update) : undefined;
    });
    const taken = updates.filter((_, i) => faults[i] === undefined);
    const results = (await memory.write(taken, signal)).values();
    return faults.map((fault) =>
      fault ? { status: "failed", fault } : (results.next().value ?? { status: "missing" }),
    );
  };

  const store: FakeLogStore = {
    name: "fake",
    capabilities: memory.capabilities,
    info: watched("info", async () => {
      const url = "http://fake:9200";
      return { cluster: "fake", version: "3.2.0", url };
    }),
    storedModels: watched("storedModels", memory.storedModels),
    survey: watched("survey", memory.survey),
    groupCounts: memory,
    statistics: memory,
    prepare: watched("prepare", async (names: readonly string[]) => prepare(names)),
    coverage: watched("coverage", memory.coverage),
    countUnfit: watched("countUnfit", memory.countUnfit),
    findTextElsewhere: watched("findTextElsewhere", memory.findTextElsewhere),
    otherLevels: watched("otherLevels", memory.otherLevels),
    countStampKeys: watched("countStampKeys", memory.countStampKeys),
    openUnsignedScan: watched("openUnsignedScan", memory.openUnsignedScan),
    openUngroupedScan: watched("openUngroupedScan", memory.openUngroupedScan),
    pageMarked: watched("pageMarked", memory.pageMarked),
    findPending: watched("findPending", async (query, signal) => {
      const found = await memory.findPending(query, signal);
      if (found.records.length <= room) return found;
      return { ...found, records: found.records.slice(0, room), more: true };
    }),
    findOutdated: watched("findOutdated", memory.findOutdated),
    pageEmbedded: watched("pageEmbedded", memory.pageEmbedded),
    openScan: watched("openScan", async (index, signal) =>
      expiring(await memory.openScan(index, signal), now),
    ),
    countMarked: watched("countMarked", memory.countMarked),
    findLatestMarked: watched("findLatestMarked", memory.findLatestMarked),
    openMarkedScan: watched("openMarkedScan", async (query, signal) =>
      expiring(await memory.openMarkedScan(query, signal), now),
    ),
    locate: watched("locate", (targets, signal) => {
      located.push([...targets]);
      return memory.locate(targets, signal);
    }),
    findVectors: watched("findVectors", memory.findVectors),
    comparable: watched("comparable", memory.comparable),
    nearest: watched("nearest", memory.nearest),
    occurrences: watched("occurrences", memory.occurrences),
    findByWords: watched("findByWords", memory.findByWords),
    findAround: watched("findAround", memory.findAround),
    readCurrent: watched("readCurrent", (records, signal) => {
      looks.push([...records]);
      return memory.readCurrent(records, signal);
    }),
    write: watched("write", write),
    makeVisible: watched("makeVisible", memory.makeVisible),
    probeWritable: watched("probeWritable", memory.probeWritable),
    close: () => enter("close"),
    seed: memory.seed,
    arrive: memory.arrive,
    read: memory.read,
    change: memory.change,
    remove: memory.remove,
    define(name, options) {
      memory.createIndex(name);
      known.set(name, { ...known.get(name), ...options });
    },
    drop(name) {
      memory.dropIndex(name);
      known.delete(name);
    },
    before: (method, hook) => void (hook ? hooks.set(method, hook) : hooks.delete(method)),
    room: (records = Infinity) => {
      room = records;
    },
    refuse: (why) => {
      refuse = why;
    },
    calls,
    writes,
    looks,
    located,
  };
  store.seed(documents);
  return store;
}

function noCalls(): FakeLogStore["calls"] {
  return {
    info: 0,
    storedModels: 0,
    survey: 0,
    prepare: 0,
    coverage: 0,
    countUnfit: 0,
    findTextElsewhere: 0,
    otherLevels: 0,
    countStampKeys: 0,
    openUnsignedScan: 0,
    openUngroupedScan: 0,
    pageMarked: 0,
    findPending: 0,
    findOutdated: 0,
    pageEmbedded: 0,
    openScan: 0,
    countMarked: 0,
    openMarkedScan: 0,
    findLatestMarked: 0,
    locate: 0,
    findVectors: 0,
    comparable: 0,
    nearest: 0,
    occurrences: 0,
    findByWords: 0,
    findAround: 0,
    readCurrent: 0,
    write: 0,
    makeVisible: 0,
    probeWritable: 0,
    close: 0,
  };
}

/** From one page to the next. */
const SCAN_OPEN_MS = 5 * 60_000;

function expiring(scan: Scan, now: () => number): Scan {
  let askedAt = now();
  return {
    next(limit, signal) {
      if (now() - askedAt > SCAN_OPEN_MS) {
        const fault = new Fault("outage", "fake: no search context found", { cursorExpired: true });
        return Promise.reject(fault);
      }
      askedAt = now();
      return scan.next(limit, signal);
    },
    [Symbol.asyncDispose]: () => scan[Symbol.asyncDispose](),
  };
}

/** Records of the wanted levels that search shows as pending, over all fit indices. */
export async function pendingCount(store: RecordStore): Promise<number> {
  const { signal } = new AbortController();
  const { fit } = await store.survey(signal);
  const names = fit.map(({ index }) => index);
  return sumCoverage((await store.coverage({ indices: names }, signal)).rows).pending;
}
