import { asText } from "../../../src/domain/document.ts";
import { recordKey, type LogRecord } from "../../../src/domain/log-record.ts";
import { longestTextFields } from "../../../src/domain/textless.ts";
import { isOfModel, type SkipKind, type VectorModel } from "../../../src/domain/stamp.ts";
import type { GroupCounts } from "../../../src/ports/group-counts.ts";
import type { RecordStatistics } from "../../../src/ports/record-statistics.ts";
import type { Located, RecordStore, Scan, Target } from "../../../src/ports/record-store.ts";
import type { StoredVector, VectorIndex } from "../../../src/ports/vector-index.ts";
import {
  bears,
  coverageOf,
  currentState,
  hasVector,
  ID_FIELD,
  isMarkedNow,
  isOpen,
  isOutdated,
  isWanted,
  namesIn,
  currentStateOf,
  newestFirst,
  stampOf,
  toRecord,
  vectorOf,
  type IndexId,
  type Wanted,
} from "./documents.ts";
import {
  ownerActions,
  refreshIndex,
  writeTo,
  type Index,
  type Indices,
  type OwnerActions,
} from "./indices.ts";
import { createGroupCounts } from "./group-counts.ts";
import { createRecordStatistics } from "./record-statistics.ts";
import { createVectorSearch, later, passes, gapsOf } from "./vector-search.ts";
import { createWordSearch } from "./word-search.ts";

/** Traits of an index for tests. */
export type IndexTraits = {
  /** False: the vector has no mapping yet. */
  mapped: boolean;
  search: "graph" | "exact";
  /** The vector's mapping is another program's. */
  foreign?: true;
  /** Why the index is unfit. */
  unfit?: string;
  /** The gap of every answer about it. */
  partial?: string;
};

export type MemoryStoreSettings = {
  /** Wanted levels, in any case. */
  levels: readonly string[];
  /** The model whose vectors count. Default: any. */
  inForce?: VectorModel;
  /** Default: refusals of any token limit hold. */
  tokenLimit?: number;
  /** UTF-8 bytes after which a text is cut. Default: none. */
  maxTextBytes?: number;
  /** The field with a record's project. Default: none is of one. */
  projectField?: string;
  /** Younger records are left out. Default: 0. */
  minAgeMs?: number;
  /** Milliseconds since the epoch. Default: the system's clock. */
  now?: () => number;
  /** Default: mapped, complete, and compared one by one. */
  traitsOf?: (index: string) => IndexTraits;
};

export type MemoryStore = Required<RecordStore> &
  VectorIndex &
  GroupCounts &
  RecordStatistics &
  OwnerActions;

const OWN_TRAITS: IndexTraits = { mapped: true, search: "exact" };

/**
 * An in-memory log store with a search engine's semantics: writes exist at once and are found after a refresh. Fields:
 * `message`, `level`, `@timestamp`, `service.name`, `service.version`, `host.name`, and `log_id` for a log's own id.
 */
export function createMemoryStore(settings: MemoryStoreSettings): MemoryStore {
  const { levels, minAgeMs = 0, now = Date.now, traitsOf = () => OWN_TRAITS } = settings;
  const { inForce, tokenLimit, maxTextBytes, projectField } = settings;
  const kept = maxTextBytes === undefined ? {} : { maxTextBytes };
  const wanted: Wanted = {
    levels: new Set(levels.map((one) => one.toLowerCase())),
    minAgeMs,
    ...(inForce && { inForce }),
    ...(tokenLimit === undefined ? {} : { tokenLimit }),
  };
  const indices = new Map<string, Index>();
  const actions = ownerActions(indices);
  const seenIn = (name: string) => [...(indices.get(name)?.seen.values() ?? [])];
  const idOf = (index: string): IndexId => {
    const known = indices.get(index);
    return { index, ...(known && { indexUuid: known.uuid }), ...kept };
  };
  const pendingIn = (name: string) =>
    seenIn(name)
      .filter((doc) => isOpen(doc, wanted, now()))
      .map((doc) => toRecord(idOf(name), doc));
  /** Without texts, as the port requires. */
  const markedIn = (name: string, kinds: readonly SkipKind[], ids?: readonly string[]) =>
    seenIn(name)
      .filter((doc) => bears(doc, kinds, wanted) && (ids?.includes(doc.id) ?? true))
      .map((doc) => ({ ...toRecord(idOf(name), doc), text: "" }));
  const gaps = (names: readonly string[]) => names.flatMap((name) => gapsOf(name, traitsOf(name)));
  const vectorsIn = (name: string) => ({
    ...traitsOf(name),
    documents: seenIn(name).flatMap((doc) => {
      const vector = hasVector(doc) && vectorOf(doc);
      return vector
        ? [{ record: toRecord(idOf(name), doc), vector, names: namesIn(doc.source) }]
        : [];
    }),
  });
  const vectors = createVectorSearch(vectorsIn);
  const findByWords = createWordSearch((name) => ({
    ...traitsOf(name),
    records: seenIn(name)
      .filter((doc) => isWanted(doc, wanted) || hasVector(doc))
      .map((doc) => toRecord(idOf(name), doc)),
  }));

  const statistics = createRecordStatistics(
    (name) =>
      seenIn(name).map((doc) => {
        const project = projectField === undefined ? undefined : doc.source[projectField];
        return {
          record: toRecord(idOf(name), doc),
          isError: isWanted(doc, wanted),
          ...(project === undefined ? {} : { project: asText(project) }),
        };
      }),
    gaps,
  );

  return {
    ...actions,
    ...createGroupCounts(vectorsIn),
    ...statistics,
    name: "memory",
    capabilities: {
      ordered: true,
      guardedWrites: true,
      delayedVisibility: true,
      storesVectors: true,
    },
    async info() {
      return { url: "memory:" };
    },
    async storedModels(models) {
      const names = [...indices.keys()];
      const stamped = new Set(names.flatMap(seenIn).map((doc) => stampOf(doc)?.["model"]));
      return { models: models.filter((model) => stamped.has(model)), gaps: gaps(names) };
    },
    async survey() {
      // The newest index comes first.
      const all = [...indices]
        .toReversed()
        .map(([index, { uuid }]) => ({ index, uuid, ...traitsOf(index) }));
      return {
        fit: all
          .filter(({ unfit }) => unfit === undefined)
          .map(({ index, uuid, mapped, search, foreign }) => {
            return { index, uuid, mapped, search, ...(foreign && { foreign }) };
          }),
        unfit: all.flatMap(({ index, unfit: reason }) =>
          reason === undefined ? [] : [{ index, reason }],
        ),
      };
    },
    async prepare() {
      return { mapped: [], refused: [] };
    },
    async coverage({ indices: names, quarantinedKeys = [], oldest = false }) {
      const aside = new Set(quarantinedKeys);
      const rows = names.map((name) => {
        const row = coverageOf(idOf(name), seenIn(name), { wanted, now: now(), aside });
        const oldestPendingAt = oldest ? oldestTime(pendingIn(name)) : undefined;
        return oldestPendingAt === undefined ? row : { ...row, oldestPendingAt };
      });
      return { rows, gaps: gaps(names) };
    },
    async countUnfit(names) {
      const rows = names.map((index) => {
        return { index, records: seenIn(index).filter((doc) => isWanted(doc, wanted)).length };
      });
      return { rows, uncounted: [] };
    },
    async findTextElsewhere(names) {
      return names.map((index) => {
        const documents = seenIn(index).map(({ source }) =>
          Object.entries(source).filter(([name]) => !["message", "level"].includes(name)),
        );
        return { index, lookedIn: ["message"], fields: longestTextFields(documents) };
      });
    },
    async countStampKeys(names) {
      const rows = names.flatMap((index) => {
        const docs = seenIn(index).filter((doc) => isWanted(doc, wanted) && hasVector(doc));
        const keys = docs.map((doc) => stampOf(doc)?.["key"]);
        const byKey = Map.groupBy(keys, (key) => (typeof key === "string" ? key : null));
        return [...byKey].map(([key, { length: records }]) => ({ index, key, records }));
      });
      return { rows, gaps: gaps(names) };
    },
    async otherLevels(names) {
      const docs = names.flatMap(seenIn).filter((doc) => !isWanted(doc, wanted));
      const others = docs.flatMap(({ source: { level } }) =>
        level === undefined ? [] : [asText(level)],
      );
      const values = [...Map.groupBy(others, (level) => level)]
        .map(([value, all]) => ({ field: "level", value, records: all.length }))
        .toSorted((a, b) => b.records - a.records);
      return { values, truncated: false, gaps: gaps(names), uncounted: [] };
    },
    async findPending({ indices: names, limit, perIndex = limit, excludeKeys }) {
      const excluded = new Set(excludeKeys);
      const firstIn = (name: string) =>
        pendingIn(name)
          .filter((record) => !excluded.has(recordKey(record)))
          .toSorted(newestFirst)
          .slice(0, perIndex);
      const records = names.flatMap(firstIn).toSorted(newestFirst).slice(0, limit);
      return { records, gaps: gaps(names) };
    },
    async findOutdated({ indices: names, limit, excludeKeys, notAfterMs = Infinity }) {
      const excluded = new Set(excludeKeys);
      const records = names
        .flatMap((name) =>
          seenIn(name)
            .filter((doc) => isOutdated(doc, wanted))
            .map((doc) => ({ ...toRecord(idOf(name), doc), outdated: true as const })),
        )
        .filter((record) => !excluded.has(recordKey(record)))
        .map((record) => ({ record, atMs: Date.parse(record.timestamp ?? "") || -Infinity }))
        .filter(({ atMs }) => atMs <= notAfterMs)
        .toSorted((a, b) => newestFirst(a.record, b.record))
        .slice(0, limit);
      return { records, gaps: gaps(names) };
    },
    openUnsignedScan: async (name) =>
      scanOf(
        seenIn(name)
          .filter((doc) => {
            const stamp = stampOf(doc);
            const isOurs = inForce === undefined || isOfModel(stamp, inForce);
            return isWanted(doc, wanted) && hasVector(doc) && isOurs && !stamp?.["key"];
          })
          .map((doc) => ({ ...toRecord(idOf(name), doc), text: "" })),
      ),
    openUngroupedScan: async (name) =>
      scanOf(
        seenIn(name)
          .filter((doc) => isWanted(doc, wanted) && hasVector(doc) && !stampOf(doc)?.["group"])
          .map((doc) => toRecord(idOf(name), doc)),
      ),
    async pageEmbedded({ index, limit, from = "0", sinceMs = -Infinity }) {
      const { after, last } = cursorOf(from, indices.get(index));
      const all = seenIn(index)
        .filter((doc) => isWanted(doc, wanted) && hasVector(doc))
        .filter(({ seqNo }) => seqNo >= after && seqNo < last)
        .filter(({ source }) => !(Date.parse(String(source["@timestamp"])) < sinceMs))
        .toSorted((a, b) => a.seqNo - b.seqNo);
      const page = all.slice(0, limit);
      const records = page.map((doc) => toRecord(idOf(index), doc));
      const at = page.at(-1)?.seqNo;
      if (at === undefined || all.length <= limit) return { records, end: `${last}` };
      return { records, next: `${at + 1}-${last}` };
    },
    openScan: async (name) => scanOf(pendingIn(name)),
    async countMarked({ indices: names, kinds, ids }) {
      const rows = names
        .map((index) => ({ index, records: markedIn(index, kinds, ids).length }))
        .filter(({ records }) => records > 0);
      return { rows, gaps: gaps(names) };
    },
    openMarkedScan: async ({ index, kinds, ids }) => scanOf(markedIn(index, kinds, ids)),
    findLatestMarked: async ({ indices: names, limit }) =>
      names.flatMap((name) =>
        seenIn(name)
          .filter((doc) => isMarkedNow(doc, wanted, now()))
          .toSorted((a, b) => b.seqNo - a.seqNo)
          .slice(0, limit)
          .map((doc) => toRecord(idOf(name), doc)),
      ),
    async pageMarked({ index, from = "0", limit }) {
      const all = markedIn(index, ["refused", "empty"])
        .map((record) => ({ record, at: Number(record.version) }))
        .filter(({ at }) => at >= Number(from))
        .toSorted((a, b) => a.at - b.at);
      const page = all.slice(0, limit);
      const records = page.map(({ record }) => record);
      const last = page.at(-1);
      return !last || all.length <= limit ? { records } : { records, next: `${last.at + 1}` };
    },
    locate: async (targets) =>
      targets.map((target) => locateIn({ indices, traitsOf, idOf }, target)),
    async findVectors({ textHashes, model, dimensions, signer }) {
      const found = new Map<string, StoredVector>();
      const searched = [...indices.keys()].filter((name) => {
        const { unfit, mapped } = traitsOf(name);
        return unfit === undefined && mapped;
      });
      for (const doc of searched.flatMap((name) => seenIn(name).filter(hasVector))) {
        const stamp = stampOf(doc) ?? {};
        const { text_hash: hash, truncated } = stamp;
        const vector = vectorOf(doc);
        if (typeof hash !== "string" || !textHashes.includes(hash) || !vector) continue;
        if (stamp["model"] !== model || stamp["dimensions"] !== dimensions) continue;
        if (!signer.holds(stamp, vector)) continue;
        found.set(hash, { vector, truncated: truncated === true });
      }
      return found;
    },
    comparable: async (scope) => vectors.comparable(scope),
    nearest: async (query) => vectors.nearest(query),
    occurrences: async (query) => vectors.occurrences(query),
    findByWords: async (query) => findByWords(query),
    async findAround({ indices: names, of, since, until, limit }) {
      const records = names
        .flatMap((name) => seenIn(name).map((doc) => toRecord(idOf(name), doc)))
        .filter((record) => record.text !== "" && passes({ record }, { since, until }))
        .filter((record) =>
          "traceId" in of
            ? record.traceId === of.traceId
            : passes({ record }, { service: of.service }),
        )
        .toSorted(later)
        .slice(0, limit);
      return { records, gaps: gaps(names) };
    },
    readCurrent: async (records) =>
      records.map((record) => {
        const { index, id } = record;
        return currentStateOf(record, indices.get(index)?.live.get(id), idOf(index));
      }),
    write: async (updates) => updates.map((update) => writeTo(indices, update)),
    async makeVisible(names) {
      for (const name of names) refreshIndex(indices.get(name));
      return { seen: [...names], failed: [] };
    },
    probeWritable: async (names) => names.map((index) => ({ index, allowed: true })),
    close: () => Promise.resolve(),
  };
}

/** From a sequence number, or between two; a pass ends at the number that the next write gets as the pass begins. */
function cursorOf(from: string, index: Index | undefined): { after: number; last: number } {
  const [, after = "0", last = index?.nextSeqNo] = /^(\d+)(?:-(\d+))?$/.exec(from) ?? [];
  return { after: Number(after), last: Number(last ?? 0) };
}

const NOT_THERE = { state: "missing", unknownIndex: false } as const;

/** By index and id in real time, or by the log's own id as of the last refresh. */
function locateIn(
  {
    indices,
    traitsOf,
    idOf,
  }: {
    indices: Indices;
    traitsOf: (index: string) => IndexTraits;
    idOf: (index: string) => IndexId;
  },
  { id, index }: Target,
): Located {
  const named = [...indices].toReversed().filter(([name]) => index === undefined || name === index);
  if (named.length === 0) return { state: "missing", unknownIndex: index !== undefined };
  const fit = named.filter(([name]) => traitsOf(name).unfit === undefined);
  if (fit.length === 0) return index === undefined ? NOT_THERE : { state: "unfit" };
  for (const [name, { live, seen }] of fit) {
    const field = [...seen.values()].find(({ source }) => source[ID_FIELD] === id);
    const doc = live.get(id) ?? (field && live.get(field.id));
    if (!doc) continue;
    const state = currentState(idOf(name), doc, true);
    return { state: "found", record: state.record, current: state };
  }
  const gaps = fit.flatMap(([name]) => gapsOf(name, traitsOf(name)));
  return gaps.length > 0 ? { ...NOT_THERE, gaps } : NOT_THERE;
}

function scanOf(records: readonly LogRecord[]): Scan {
  let at = 0;
  return {
    async next(limit) {
      const page = records.slice(at, at + limit);
      at += page.length;
      return page;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function oldestTime(records: readonly LogRecord[]): number | undefined {
  const times = records.map(({ timestamp }) => Date.parse(timestamp ?? ""));
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? known.reduce((a, b) => Math.min(a, b)) : undefined;
}
