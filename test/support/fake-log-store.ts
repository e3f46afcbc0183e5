import { createFakeVectorSearch } from "./fake-vector-search.ts";
import { sumCoverage, sumModels } from "../../src/model/coverage.ts";
import type { IndexCoverage, ModelRecords } from "../../src/model/coverage.ts";
import { Fault } from "../../src/model/faults.ts";
import { recordKey, type LogRecord } from "../../src/model/log-record.ts";
import { isOfModel, type VectorModel } from "../../src/model/stamp.ts";
import type {
  Located,
  LogStore,
  Look,
  Prepared,
  Scan,
  StoredVector,
  Target,
  Update,
  WriteResult,
} from "../../src/ports/log-store.ts";

export type Source = Record<string, unknown>;
type DocumentName = { index: string; id: string };
export type SeedDocument = DocumentName & {
  source: Source;
  routing?: string;
  /** True where search does not see its vector: it was written before there was a mapping. */
  unindexed?: boolean;
};

type FakeIndex = {
  /** False where the vector has no mapping yet. Default: true. */
  mapped?: boolean;
  /** Default: graph. */
  search?: "graph" | "exact";
  /** Why the index is left alone. */
  unfit?: string;
  /** Why it takes no mapping. */
  refusesMapping?: string;
  failedShards?: number;
};

type Method = Exclude<keyof LogStore, "name">;
/** Runs before a call; what it throws is what the call throws. */
type Hook = (call: number) => void | Promise<void>;

export type FakeLogStore = LogStore & {
  /** Puts documents in place, visible to search at once. */
  seed(documents: readonly SeedDocument[]): void;
  /** Puts documents in place that search sees only after a refresh. */
  arrive(documents: readonly SeedDocument[]): void;
  /** Makes an index, or changes what is so about it. */
  define(index: string, options: FakeIndex): void;
  drop(index: string): void;
  /** A document as it is now, search or no search. */
  read(document: DocumentName): Source | undefined;
  /** A partial update by somebody else; search sees it after a refresh. */
  change(document: DocumentName, partial: Source): void;
  remove(document: DocumentName): void;
  /** What runs before every call of a method; `undefined` ends that. */
  before(method: Method, hook: Hook | undefined): void;
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

type Doc = {
  readonly id: string;
  readonly source: Source;
  readonly seqNo: number;
  readonly routing?: string;
  readonly unindexed: boolean;
};

type Index = {
  options: FakeIndex;
  live: Map<string, Doc>;
  /** As search sees it: the state of the last refresh. */
  seen: Map<string, Doc>;
  nextSeqNo: number;
};

const VECTOR = "log_vector";
const META = "log_vector_meta";
const LEVEL = "error";

/** Documents in memory that behave as those of a search engine: written at once, found after a refresh. */
export function createFakeLogStore(
  documents: readonly SeedDocument[] = [],
  settings: {
    now?: () => number;
    minAgeMs?: number;
    /** Whose vectors count. Default: those of any model. */
    inForce?: VectorModel;
  } = {},
): FakeLogStore {
  const { now = Date.now, minAgeMs = 0, inForce } = settings;
  const indices = new Map<string, Index>();
  const hooks = new Map<Method, Hook>();
  let refuse: ((update: Update) => Fault | undefined) | undefined;
  const calls: FakeLogStore["calls"] = {
    info: 0,
    survey: 0,
    prepare: 0,
    coverage: 0,
    findPending: 0,
    findOutdated: 0,
    openScan: 0,
    countRefused: 0,
    openRefusedScan: 0,
    locate: 0,
    findVectors: 0,
    comparable: 0,
    nearest: 0,
    occurrences: 0,
    look: 0,
    write: 0,
    refresh: 0,
    probeUpdates: 0,
    close: 0,
  };
  const writes: Update[][] = [];
  const looks: LogRecord[][] = [];
  const located: Target[][] = [];

  const enter = async (method: Method) => {
    calls[method]++;
    await hooks.get(method)?.(calls[method]);
  };
  const indexOf = (name: string): Index => {
    const known = indices.get(name);
    if (known) return known;
    const made: Index = { options: {}, live: new Map(), seen: new Map(), nextSeqNo: 0 };
    indices.set(name, made);
    return made;
  };
  const put = (index: Index, doc: Omit<Doc, "seqNo">): Doc => {
    const stored = { ...doc, seqNo: index.nextSeqNo++ };
    index.live.set(doc.id, stored);
    return stored;
  };
  const liveDoc = ({ index, id }: DocumentName) => indices.get(index)?.live.get(id);
  const pendingIn = (name: string) =>
    [...(indices.get(name)?.seen.values() ?? [])]
      .filter((doc) => isPending(doc, now()) && !isYoung(doc, now(), minAgeMs))
      .map((doc) => toRecord(name, doc));
  const add = (seed: SeedDocument): Doc => {
    const { id, source, routing, unindexed = false } = seed;
    const doc = { id, source, unindexed, ...(routing === undefined ? {} : { routing }) };
    return put(indexOf(seed.index), doc);
  };

  const vectors = createFakeVectorSearch((name) => {
    const { options, seen } = indexOf(name);
    const { mapped = true, search = "graph", failedShards: failed = 0 } = options;
    const searched = [...seen.values()].filter(hasVector).map((doc) => {
      const record = toRecord(name, doc);
      return { record, source: doc.source, vector: vectorOf(doc) };
    });
    return { mapped, search, failedShards: failed, documents: searched };
  });

  const write = (update: Update): WriteResult => {
    const { record } = update;
    const index = indices.get(record.index);
    const doc = index?.live.get(record.id);
    if (!index || !doc) return { status: "missing" };
    if (doc.seqNo !== record.seqNo || record.primaryTerm !== 1) return { status: "conflicted" };
    const fault = refuse?.(update);
    if (fault) return { status: "failed", fault };
    const own =
      "vector" in update
        ? { [VECTOR]: [...update.vector], [META]: { ...update.stamp } }
        : { [META]: "mark" in update ? { ...update.mark } : null };
    put(index, { ...doc, source: { ...doc.source, ...own }, unindexed: false });
    return { status: "written" };
  };

  const store: FakeLogStore = {
    name: "fake",
    async info() {
      await enter("info");
      const url = "http://fake:9200";
      return { cluster: "fake", version: "3.2.0", url };
    },
    async survey() {
      await enter("survey");
      // The newest index comes first.
      const all = [...indices].toReversed();
      return {
        fit: all
          .filter(([, { options }]) => options.unfit === undefined)
          .map(([index, { options }]) => ({
            index,
            mapped: options.mapped ?? true,
            search: options.search ?? ("graph" as const),
          })),
        unfit: all.flatMap(
          ([
            index,
            {
              options: { unfit: reason },
            },
          ]) => (reason === undefined ? [] : [{ index, reason }]),
        ),
      };
    },
    async prepare(names) {
      await enter("prepare");
      const prepared: Prepared = { mapped: [], refused: [] };
      for (const name of names) {
        const { options } = indexOf(name);
        if (options.mapped !== false) continue;
        if (options.refusesMapping !== undefined) {
          prepared.refused.push({ index: name, reason: options.refusesMapping });
        } else {
          options.mapped = true;
          prepared.mapped.push(name);
        }
      }
      return prepared;
    },
    async coverage({ indices: names, asideKeys = [], oldest = false }) {
      await enter("coverage");
      const aside = new Set(asideKeys);
      const rows = names.map((name) => {
        const row = coverageOf(name, indices.get(name), { now: now(), aside, inForce });
        const times = pendingIn(name).flatMap(({ timestamp }) => Date.parse(timestamp ?? ""));
        const known = times.filter((time) => !Number.isNaN(time));
        return oldest && known.length > 0 ? { ...row, oldestPendingAt: Math.min(...known) } : row;
      });
      return { rows, failedShards: failedShards(names, indices) };
    },
    async findPending({ indices: names, limit, excludeKeys }) {
      await enter("findPending");
      const excluded = new Set(excludeKeys);
      const records = names
        .flatMap(pendingIn)
        .filter((record) => !excluded.has(recordKey(record)))
        .toSorted(newestFirst)
        .slice(0, limit);
      return { records, failedShards: failedShards(names, indices) };
    },
    async findOutdated({ indices: names, limit, excludeKeys, notAfterMs = Infinity }) {
      await enter("findOutdated");
      const records = names
        .flatMap((name) =>
          [...(indices.get(name)?.seen.values() ?? [])]
            .filter((doc) => isWanted(doc) && isOutdated(doc, inForce))
            .map((doc) => ({ ...toRecord(name, doc), outdated: true as const })),
        )
        .filter((record) => !excludeKeys.includes(recordKey(record)))
        .map((record) => ({ record, atMs: Date.parse(record.timestamp ?? "") || -Infinity }))
        .filter(({ atMs }) => atMs <= notAfterMs)
        .toSorted((a, b) => (a.atMs === b.atMs ? 0 : b.atMs - a.atMs))
        .slice(0, limit);
      return { records, failedShards: failedShards(names, indices) };
    },
    async openScan(name) {
      await enter("openScan");
      return scanOf(pendingIn(name), now);
    },
    async countRefused({ indices: names, ids }) {
      await enter("countRefused");
      const rows = names
        .map((index) => ({ index, records: refusedIn(indices, index, ids).length }))
        .filter(({ records }) => records > 0);
      return { rows, failedShards: failedShards(names, indices) };
    },
    async openRefusedScan({ index, ids }) {
      await enter("openRefusedScan");
      return scanOf(refusedIn(indices, index, ids), now);
    },
    async locate(targets) {
      await enter("locate");
      located.push([...targets]);
      return targets.map((target) => locateIn(indices, target));
    },
    async findVectors({ textHashes, model, dimensions }) {
      await enter("findVectors");
      const found = new Map<string, StoredVector>();
      const docs = [...indices.values()]
        .filter(({ options }) => options.unfit === undefined && options.mapped !== false)
        .flatMap(({ seen }) => [...seen.values()].filter(hasVector));
      for (const doc of docs) {
        const { text_hash: hash, truncated, ...stamp } = stampOf(doc) ?? {};
        if (typeof hash !== "string" || !textHashes.includes(hash)) continue;
        if (stamp["model"] !== model || stamp["dimensions"] !== dimensions) continue;
        const values = doc.source[VECTOR];
        const vector = Float32Array.from(Array.isArray(values) ? values : [], Number);
        found.set(hash, { vector, truncated: truncated === true });
      }
      return found;
    },
    async comparable(scope) {
      await enter("comparable");
      return vectors.comparable(scope);
    },
    async nearest(query) {
      await enter("nearest");
      return vectors.nearest(query);
    },
    async occurrences(query) {
      await enter("occurrences");
      return vectors.occurrences(query);
    },
    async look(records) {
      await enter("look");
      looks.push([...records]);
      return records.map((record) => lookAt(record, liveDoc(record)));
    },
    async write(updates) {
      await enter("write");
      writes.push([...updates]);
      return updates.map(write);
    },
    async refresh(names) {
      await enter("refresh");
      for (const name of names) {
        const index = indices.get(name);
        if (index) index.seen = new Map(index.live);
      }
      return true;
    },
    async probeUpdates(names) {
      await enter("probeUpdates");
      return names.map((index) => ({ index, allowed: true }));
    },
    close: () => enter("close"),

    seed(seeds) {
      for (const seed of seeds) indexOf(seed.index).seen.set(seed.id, add(seed));
    },
    arrive: (arrivals) => arrivals.forEach(add),
    define(name, options) {
      const index = indexOf(name);
      index.options = { ...index.options, ...options };
    },
    drop: (name) => void indices.delete(name),
    read: (document) => liveDoc(document)?.source,
    change({ index: name, id }, partial) {
      const index = indexOf(name);
      const doc = index.live.get(id);
      if (!doc) throw new Error(`${name}/${id} is not there to be changed`);
      put(index, { ...doc, source: { ...doc.source, ...partial } });
    },
    remove: ({ index, id }) => void indexOf(index).live.delete(id),
    before: (method, hook) => void (hook ? hooks.set(method, hook) : hooks.delete(method)),
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

function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  return Array.isArray(message) ? message.map(textOf).filter(Boolean).join("\n") : "";
}

function stampOf({ source }: Doc): Source | undefined {
  const meta = source[META];
  return typeof meta === "object" && meta !== null ? { ...meta } : undefined;
}

function isWanted({ source }: Doc): boolean {
  return String(source["level"]).toLowerCase() === LEVEL;
}

function hasVector({ source, unindexed }: Doc): boolean {
  return Array.isArray(source[VECTOR]) && !unindexed;
}

function vectorOf({ source }: Doc): number[] {
  const values = source[VECTOR];
  return Array.isArray(values) ? values.map(Number) : [];
}

/** Marked, and not due to be tried again. */
function isMarked(doc: Doc, now: number): boolean {
  const { skipped, next_try: nextTry } = stampOf(doc) ?? {};
  if (skipped === undefined || skipped === null) return false;
  return typeof nextTry !== "string" || Date.parse(nextTry) > now;
}

function isRefused(doc: Doc, now: number): boolean {
  return stampOf(doc)?.["skipped"] === "refused" && isMarked(doc, now);
}

/** A message that is missing, null or [] does not exist for a search; a blank one does. */
function isPending(doc: Doc, now: number): boolean {
  return isWanted(doc) && hasText(doc) && !hasVector(doc) && !isMarked(doc, now);
}

/** A time ahead of the clock by more than the least age is nothing to wait for. */
function isYoung({ source }: Doc, now: number, minAgeMs: number): boolean {
  const age = now - Date.parse(String(source["@timestamp"]));
  return minAgeMs > 0 && age < minAgeMs && age >= -minAgeMs;
}

function toRecord(index: string, doc: Doc): LogRecord {
  const { "@timestamp": timestamp, level, message, "trace.id": traceId } = doc.source;
  const stamp = stampOf(doc);
  return {
    index,
    id: doc.id,
    ...(doc.routing === undefined ? {} : { routing: doc.routing }),
    seqNo: doc.seqNo,
    primaryTerm: 1,
    text: textOf(message),
    ...(typeof timestamp === "string" ? { timestamp } : {}),
    ...(typeof level === "string" ? { level } : {}),
    ...(typeof traceId === "string" ? { traceId } : {}),
    ...(stamp ? { stamp } : {}),
  };
}

function newestFirst(a: LogRecord, b: LogRecord): number {
  const time = ({ timestamp }: LogRecord) =>
    timestamp === undefined ? -Infinity : Date.parse(timestamp);
  return time(a) === time(b) ? 0 : time(b) - time(a);
}

function lookAt(record: LogRecord, doc: Doc | undefined): Look {
  if (!doc) return { state: "missing" };
  const changed = doc.seqNo !== record.seqNo;
  if (!changed && (record.outdated ?? record.stamp?.["model"] === undefined)) {
    return { state: "unchanged" };
  }
  const values = doc.source[VECTOR];
  const vector = Array.isArray(values) ? { vector: Float32Array.from(values, Number) } : {};
  const outdated = record.outdated && Array.isArray(values) ? { outdated: true as const } : {};
  const now = { ...toRecord(record.index, doc), ...outdated };
  return { state: "current", changed, record: now, ...vector };
}

/** At once by index and id, or by the log's own id in a field, as of the last refresh. */
function locateIn(indices: ReadonlyMap<string, Index>, { id, index }: Target): Located {
  const named = [...indices].toReversed().filter(([name]) => index === undefined || name === index);
  if (named.length === 0) return { state: "missing", unknownIndex: index !== undefined };
  const fit = named.filter(([, { options }]) => options.unfit === undefined);
  if (fit.length === 0) return index === undefined ? NOT_THERE : { state: "unfit" };
  for (const [name, { live, seen }] of fit) {
    const field = [...seen.values()].find(({ source }) => source["log_id"] === id);
    const doc = live.get(id) ?? (field && live.get(field.id));
    if (!doc) continue;
    const record = toRecord(name, doc);
    const values = doc.source[VECTOR];
    const vector = Array.isArray(values) ? { vector: Float32Array.from(values, Number) } : {};
    return { state: "found", record, look: { state: "current", changed: true, record, ...vector } };
  }
  return NOT_THERE;
}

const NOT_THERE: Located = { state: "missing", unknownIndex: false };

/** Records that bear the mark of a refusal, due again or not, without their text. */
function refusedIn(
  indices: ReadonlyMap<string, Index>,
  name: string,
  ids: readonly string[] | undefined,
): LogRecord[] {
  return [...(indices.get(name)?.seen.values() ?? [])]
    .filter((doc) => isWanted(doc) && !hasVector(doc) && (ids?.includes(doc.id) ?? true))
    .filter((doc) => stampOf(doc)?.["skipped"] === "refused")
    .map((doc) => ({ ...toRecord(name, doc), text: "" }));
}

/** From one page to the next. */
const SCAN_OPEN_MS = 5 * 60_000;

function scanOf(records: readonly LogRecord[], now: () => number): Scan {
  let at = 0;
  let askedAt = now();
  return {
    async next(limit) {
      if (now() - askedAt > SCAN_OPEN_MS) {
        throw new Fault("outage", "fake: no search context found", { ranOut: true });
      }
      askedAt = now();
      const page = records.slice(at, at + limit);
      at += page.length;
      return page;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function hasText({ source: { message } }: Doc): boolean {
  return Array.isArray(message) ? message.length > 0 : typeof message === "string";
}

/** It has a text, and a vector of another model than that. */
function isOutdated(doc: Doc, inForce: VectorModel | undefined): boolean {
  const stamp = stampOf(doc);
  const isOther = inForce !== undefined && !isOfModel(stamp, inForce);
  return hasVector(doc) && hasText(doc) && isOther && stamp?.["skipped"] !== "empty";
}

function coverageOf(
  name: string,
  index: Index | undefined,
  {
    now,
    aside,
    inForce,
  }: { now: number; aside: ReadonlySet<string>; inForce: VectorModel | undefined },
): IndexCoverage {
  const docs = [...(index?.seen.values() ?? [])].filter(isWanted);
  const isAside = ({ id }: Doc) => aside.has(recordKey({ index: name, id }));
  const vectorized = docs.filter(
    (doc) => hasVector(doc) && (inForce === undefined || isOfModel(stampOf(doc), inForce)),
  ).length;
  const outdated = docs.filter((doc) => isOutdated(doc, inForce));
  const others = outdated.filter((doc) => !isAside(doc));
  const open = docs.filter((doc) => isPending(doc, now));
  const pending = open.filter((doc) => !isAside(doc)).length;
  const refused = docs.filter((doc) => isRefused(doc, now) && !hasVector(doc)).length;
  const quarantined = refused + open.length - pending + outdated.length - others.length;
  const withoutText = docs.length - vectorized - others.length - pending - quarantined;
  return {
    index: name,
    records: docs.length,
    vectorized,
    otherModel: others.length,
    otherModels: sumModels(others.map(modelOf)),
    pending,
    quarantined,
    withoutText,
  };
}

function modelOf(doc: Doc): ModelRecords {
  const { model, dimensions } = stampOf(doc) ?? {};
  return {
    model: typeof model === "string" ? model : null,
    dimensions: typeof dimensions === "number" ? dimensions : null,
    records: 1,
  };
}

function failedShards(names: readonly string[], indices: ReadonlyMap<string, Index>): number {
  return names.reduce((sum, name) => sum + (indices.get(name)?.options.failedShards ?? 0), 0);
}

/** Records of the wanted levels that search shows as pending, over all fit indices. */
export async function pendingCount(store: LogStore): Promise<number> {
  const { signal } = new AbortController();
  const { fit } = await store.survey(signal);
  const names = fit.map(({ index }) => index);
  return sumCoverage((await store.coverage({ indices: names }, signal)).rows).pending;
}
