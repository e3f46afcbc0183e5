import { cosineSimilarity } from "../../../src/domain/vector.ts";
import { hasPhrase } from "./bm25.ts";
import type { Gap } from "../../../src/domain/partial.ts";
import { recordKey, type LogRecord } from "../../../src/domain/log-record.ts";
import type {
  Comparable,
  Nearest,
  NearestQuery,
  Occurrences,
  RecordFilter,
  VectorScope,
} from "../../../src/ports/vector-index.ts";

type Vectorized = {
  record: LogRecord;
  vector: Float32Array;
  /** What it says of where it comes from. */
  names?: { host?: string; version?: string };
};

export type Searched = {
  mapped: boolean;
  search: "graph" | "exact";
  partial?: string;
  /** Documents with a vector that search sees. */
  documents: Vectorized[];
};

/** Compares a vector with every stored one. */
export function createVectorSearch(read: (index: string) => Searched) {
  const matching = ({ indices, filter, excludeKeys }: VectorScope) =>
    indices
      .map(read)
      .filter(({ mapped }) => mapped)
      .flatMap(({ documents, search }) => documents.map((one) => ({ ...one, search })))
      .filter((one) => passes(one, filter) && !excludeKeys.includes(recordKey(one.record)));
  const gaps = ({ indices }: VectorScope) => indices.flatMap((index) => gapsOf(index, read(index)));
  return {
    comparable(scope: VectorScope): Comparable {
      const counts = Map.groupBy(matching(scope), modelOf);
      const leftOut = scope.indices
        .filter((index) => !read(index).mapped)
        .map((index) => ({ index, reason: "no record has a vector yet" }));
      const models = [...counts].map(([model, { length: records }]) => ({ model, records }));
      models.sort((a, b) => b.records - a.records);
      return { models, leftOut, gaps: gaps(scope) };
    },
    nearest(query: NearestQuery): Nearest {
      const { excludeHashes, vector, model, minScore = -1, limit } = query;
      const own = matching(query).filter((one) => modelOf(one) === model);
      const hits = own
        .filter((one) => !excludeHashes.includes(hashOf(one) ?? ""))
        .map((one) => ({
          record: one.record,
          score: cosineSimilarity(one.vector, vector) ?? Number.NaN,
          hash: hashOf(one),
        }))
        .filter(({ score }) => score >= minScore - 1e-6)
        .toSorted((a, b) => b.score - a.score || later(a.record, b.record));
      const met = new Set<string>();
      const distinct = hits.filter(({ hash }) => {
        const isNew = hash === undefined || !met.has(hash);
        if (hash !== undefined) met.add(hash);
        return isNew;
      });
      const each = own.filter(({ search }) => search === "exact");
      return {
        hits: distinct.slice(0, limit).map(({ record, score }) => ({ record, score })),
        more: distinct.length >= limit,
        each: {
          indices: query.indices.filter((index) => read(index).search === "exact").length,
          records: each.length,
          compared: each.length,
        },
        gaps: gaps(query),
      };
    },
    occurrences(query: VectorScope & { model: string; textHashes: readonly string[] }) {
      const byHash = new Map<string, Occurrences>();
      for (const one of matching(query)) {
        const hash = hashOf(one);
        if (modelOf(one) !== query.model || !hash || !query.textHashes.includes(hash)) continue;
        byHash.set(hash, addTo(byHash.get(hash), one.record));
      }
      return { byHash, gaps: gaps(query) };
    },
  };
}

export function gapsOf(index: string, { partial: reason }: Pick<Searched, "partial">): Gap[] {
  return reason === undefined ? [] : [{ index, reason }];
}

/** The counts with one record more. */
export function addTo(known: Occurrences | undefined, { timestamp = "" }: LogRecord): Occurrences {
  const { records, ...times } = known ?? { records: 0 };
  const time = Date.parse(timestamp);
  if (Number.isNaN(time)) return { records: records + 1, ...times };
  const { first = time, last = time } = times;
  return { records: records + 1, first: Math.min(first, time), last: Math.max(last, time) };
}

export function passes({ record }: Pick<Vectorized, "record">, filter: RecordFilter): boolean {
  const { since, until, level, service, phrases = [] } = filter;
  // An index apart from the store has no texts.
  const isKnown = record.text !== "";
  if (isKnown && !phrases.every((phrase) => hasPhrase(record.text, phrase))) return false;
  const time = Date.parse(record.timestamp ?? "");
  if (since !== undefined && !(time >= since)) return false;
  if (until !== undefined && !(time <= until)) return false;
  if (level !== undefined && record.level?.toLowerCase() !== level.toLowerCase()) return false;
  return service === undefined || record.service?.toLowerCase() === service.toLowerCase();
}

function modelOf({ record: { stamp } }: Vectorized): string | null {
  const model = stamp?.["model"];
  return typeof model === "string" ? model : null;
}

function hashOf({ record: { stamp } }: Vectorized): string | undefined {
  const hash = stamp?.["text_hash"];
  return typeof hash === "string" ? hash : undefined;
}

/** Sorts the latest first. */
export function later(a: LogRecord, b: LogRecord): number {
  return Date.parse(b.timestamp ?? "") - Date.parse(a.timestamp ?? "") || 0;
}
