import { z } from "zod";
import { readPath } from "../../domain/document.ts";
import { cosineSimilarity } from "../../domain/vector.ts";
import { Fault } from "../../domain/faults.ts";
import { joinGaps, NO_GAPS } from "../../domain/partial.ts";
import type { Nearest, NearestQuery, Neighbour } from "../../ports/vector-index.ts";
import { readVector } from "../http/read-vector.ts";
import { readTexts, searchBounded, type SeparateTexts } from "./bounded-hits.ts";
import { readWindows } from "./compared-windows.ts";
import { MAX_HIT_TEXT_BYTES } from "./hit-texts.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { documentShape, toRecord, type StoredDocument } from "./hits.ts";
import { hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import { namedRecords, type NamedRecords } from "./named-records.ts";
import type { ClusterFeatures } from "./cluster-features.ts";
import { order, recordAndVector, recordSource, type VectorFields } from "./queries.ts";
import { completenessShape } from "./partial-answer.ts";
import { comparable, filterClauses, hashField, modelClauses } from "./vector-conditions.ts";

/** Vectors compared one by one: 10,000 (the default page depth) take about 100 ms. */
const MAX_COMPARED = 10_000;
/** Many of the nearest may share a text; 300 candidates cost little more than 100. */
const LEAST_CANDIDATES = 300;
/** OpenSearch's largest `k`. */
const MAX_CANDIDATES = 10_000;
/** Tolerance for float rounding at the minimum score. */
const ROUNDING = 1e-6;

type Known = {
  shapes: readonly IndexShape[];
  fields: VectorFields;
  maxCompared: number | undefined;
  separateTexts: SeparateTexts;
  features: Pick<ClusterFeatures, "expensiveQueries">;
};

/**
 * The nearest records, by graph or one by one among the newest. One script computes every score, so scores compare
 * across engines and spaces. Where scripts are forbidden only graphs are searched, and their scores are converted.
 */
export async function findNearest(
  api: IsolatingApi,
  query: NearestQuery,
  known: Known,
  signal: AbortSignal,
): Promise<Nearest> {
  const { features } = known;
  try {
    return await searchNearest(api, query, known, signal);
  } catch (error) {
    const forbidden = error instanceof Fault && error.message.includes(FORBIDDING);
    if (!forbidden || !features.expensiveQueries) throw error;
    features.expensiveQueries = false;
    return searchNearest(api, query, known, signal);
  }
}

const FORBIDDING = "search.allow_expensive_queries";

async function searchNearest(
  api: IsolatingApi,
  query: NearestQuery,
  { shapes, fields, maxCompared = MAX_COMPARED, features, separateTexts }: Known,
  signal: AbortSignal,
): Promise<Nearest> {
  const { groups } = comparable(shapes, query.filter, features);
  const scripted = features.expensiveQueries;
  const excluded = namedRecords(query.excludeKeys);
  const flat = groups.filter(([shape]) => shape?.comparedBy === "each");
  const reach = await readWindows(
    api,
    query,
    { groups: flat, fields, excluded, maxCompared, features },
    signal,
  );
  const candidates = Math.min(MAX_CANDIDATES, Math.max(LEAST_CANDIDATES, query.limit));
  const graphs = groups.filter(([shape]) => shape?.comparedBy !== "each");
  const windows = new Map<string, Query[]>();
  for (const { group, window } of reach.windows) {
    for (const { index } of group) windows.set(index, window);
  }
  const readable = [...graphs, ...reach.windows.map(({ group }) => group)];
  const asking = { fields, excluded, candidates, windows, maxCompared, scripted, features };
  const { answers, gaps, texts } = await searchBounded(
    api,
    readable,
    (group, whole) => searchBody(group, query, { ...asking, texts: whole }),
    answerShape,
    // Without a graph the search stops at its limit on purpose.
    { separateTexts, endsEarly: true },
    signal,
  );
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  const found = answers.flatMap(({ answer }) => answer.hits.hits ?? []);
  const shown = { ...fields, maxTextBytes: MAX_HIT_TEXT_BYTES };
  const scoring = { fields: shown, vector: query.vector, scripted };
  const near = found.flatMap((hit) => neighbour(hit, shapeOf.get(hit._index), scoring));
  const hits = near.filter(({ score }) => score >= (query.minScore ?? -1) - 2 * ROUNDING);
  hits.sort((a, b) => b.score - a.score);
  const full = answers.some(({ group, answer }) => {
    const asked = group[0]?.comparedBy === "graph" ? candidates : Infinity;
    const { total, hits: some } = answer.hits;
    return some.length >= query.limit || total.value >= asked;
  });
  const nearest = hits.slice(0, query.limit);
  const read = texts
    ? { hits: nearest, gaps: NO_GAPS }
    : await readTexts(api, nearest, { shapeOf, fields: shown, separateTexts }, signal);
  return {
    hits: read.hits,
    more: full || hits.length > query.limit,
    each: reach.each,
    gaps: joinGaps(reach.gaps, gaps, read.gaps),
  };
}

const answerShape = completenessShape.extend({
  hits: z.object({
    total: z.object({ value: z.number() }),
    hits: z.array(documentShape.extend({ _score: z.number() })),
  }),
});

type Hit = StoredDocument & { _score: number };

const NO_VALUES = new Float32Array();

function neighbour(
  hit: Hit,
  shape: IndexShape | undefined,
  { fields, vector, scripted }: { fields: VectorFields; vector: Float32Array; scripted: boolean },
): Neighbour[] {
  if (!shape) return [];
  const score = isCosine(shape, scripted)
    ? cosineOf(hit._score)
    : cosineSimilarity(vector, readVector(readPath(hit._source, fields.vectorField)) ?? NO_VALUES);
  if (score === undefined) return [];
  return [{ record: toRecord(hit, shape, fields), score }];
}

/**
 * OpenSearch's score for `cosinesimil` is (1 + cos θ) / 2:
 * https://docs.opensearch.org/latest/mappings/supported-field-types/knn-spaces
 */
function cosineOf(score: number): number {
  return Math.max(-1, Math.min(1, 2 * score - 1));
}

function scoreOf(score: number): number {
  return Math.max(0, (1 + score) / 2 - ROUNDING);
}

/** The script's score is always the cosine; the graph's own only in that space. */
function isCosine({ space }: IndexShape, scripted: boolean): boolean {
  return scripted || space === "cosinesimil";
}

type SearchOptions = {
  fields: VectorFields;
  excluded: NamedRecords;
  candidates: number;
  /** By index without a graph: the time range that is compared; empty means all. */
  windows: ReadonlyMap<string, Query[]>;
  maxCompared: number;
  scripted: boolean;
  texts: boolean;
  features: Known["features"];
};

function searchBody(
  group: readonly IndexShape[],
  query: NearestQuery,
  { fields, excluded, candidates, windows, maxCompared, scripted, texts, features }: SearchOptions,
): Query {
  const [shape] = group;
  if (!shape) return {};
  const { vectorField } = fields;
  const { excludeHashes, limit, minScore } = query;
  const wanted = filterClauses(group, query, excluded, features);
  const filter = [...wanted.filter, ...modelClauses(group, query.model, fields)];
  const known = excludeHashes.length > 0 ? [{ terms: { [hashField(fields)]: excludeHashes } }] : [];
  const must_not = [...wanted.must_not, ...known];
  const vector = Array.from(query.vector);
  const window = windows.get(shape.index);
  const among: Query =
    window === undefined
      ? {
          knn: { [vectorField]: { vector, k: candidates, filter: { bool: { filter, must_not } } } },
        }
      : { bool: { filter: [...filter, ...window], must_not } };
  const params = { field: vectorField, query_value: vector, space_type: "cosinesimil" };
  const script = { source: "knn_score", lang: "knn", params };
  const byScore = isCosine(shape, scripted);
  const seen = texts ? shape : { ...shape, messageFields: [] };
  const source = byScore ? recordSource(seen, fields) : recordAndVector(seen, fields);
  const byTime = order(shape, "newest").filter((one) => typeof one !== "string");
  return {
    size: hitsAtMost(group, limit),
    seq_no_primary_term: true,
    track_total_hits: true,
    _source: source,
    query: scripted ? { script_score: { query: among, script } } : among,
    sort: ["_score", ...byTime],
    ...(window === undefined ? {} : { terminate_after: hitsAtMost(group, maxCompared) }),
    ...(minScore === undefined || !byScore ? {} : { min_score: scoreOf(minScore) }),
    ...(shape.hashIsKeyword ? { collapse: { field: hashField(fields) } } : {}),
  };
}
