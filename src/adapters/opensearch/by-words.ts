import { z } from "zod";
import { recordKey } from "../../domain/log-record.ts";
import { joinGaps, NO_GAPS } from "../../domain/partial.ts";
import type { FoundByWords, WordsQuery } from "../../ports/record-store.ts";
import { readTexts, searchBounded, type SeparateTexts } from "./bounded-hits.ts";
import type { ClusterFeatures } from "./cluster-features.ts";
import { MAX_HIT_TEXT_BYTES } from "./hit-texts.ts";
import { documentShape, toRecord } from "./hits.ts";
import { groupByWords, hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { namedRecords, type NamedRecords } from "./named-records.ts";
import { completenessShape } from "./partial-answer.ts";
import { anyOf, order, recordSource, type VectorFields } from "./queries.ts";
import { filterClauses, filterObjection, hashField } from "./vector-conditions.ts";
import { hasTokens, insideQuery, isJoined, wordsObjection, wordsQuery } from "./word-clauses.ts";

type Known = {
  shapes: readonly IndexShape[];
  fields: VectorFields;
  features: Pick<ClusterFeatures, "expensiveQueries">;
  separateTexts: SeparateTexts;
};

const answerShape = completenessShape.extend({
  hits: z.object({ hits: z.array(documentShape.extend({ _score: z.number() })) }),
});

/**
 * The records with these words, by BM25. Its statistics are those of all shards of alike indices together
 * (`dfs_query_then_fetch`), so that a word is as rare in a small index as in a large one. Throws a Fault.
 */
export async function findByWords(
  api: IsolatingApi,
  query: WordsQuery,
  { shapes, fields, features, separateTexts }: Known,
  signal: AbortSignal,
): Promise<FoundByWords> {
  const reasons = shapes.map((shape) => {
    return wordsObjection(shape, features) ?? filterObjection(shape, query.filter, features);
  });
  const groups = groupByWords(shapes.filter((_, i) => reasons[i] === undefined));
  const excluded = namedRecords(query.excludeKeys);
  const shapeOf = new Map(shapes.map((shape) => [shape.index, shape]));
  const shown = { ...fields, maxTextBytes: MAX_HIT_TEXT_BYTES };
  const search = async (part: readonly IndexShape[][], clauseOf: (shape: IndexShape) => Query) => {
    const { answers, gaps, texts } = await searchBounded(
      api,
      part,
      (group, whole) => {
        const options = { fields, excluded, features, texts: whole, clauseOf };
        return searchBody(group, query, options);
      },
      answerShape,
      { separateTexts, searchType: "dfs_query_then_fetch" },
      signal,
    );
    const best = answers
      .flatMap(({ answer }) => answer.hits.hits)
      .flatMap((hit) => hitIn(hit, shapeOf.get(hit._index), shown))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, query.limit);
    const read = texts
      ? { hits: best, gaps: NO_GAPS }
      : await readTexts(api, best, { shapeOf, fields: shown, separateTexts }, signal);
    const more = answers.some(({ group, answer }) => {
      return answer.hits.hits.length >= hitsAtMost(group, query.limit);
    });
    return { hits: read.hits, more, gaps: joinGaps(gaps, read.gaps) };
  };
  const byToken = await search(groups, (shape) => wordsQuery(shape, query.words, features));
  const unseen = query.words.filter((word) => {
    return isJoined(word) && !byToken.hits.some(({ record }) => holds(record.text, word));
  });
  const analyzed = unseen.length > 0 && features.expensiveQueries ? groups.filter(isAnalyzed) : [];
  const inside =
    analyzed.length > 0
      ? await search(analyzed, (shape) => insideQuery(shape, unseen, features))
      : NOTHING;
  // A token that is found by a part of it alone is as good as the best.
  const top = byToken.hits[0]?.score ?? 0;
  const parts = inside.hits.map(({ record, score }) => ({ record, score: top + score }));
  const met = new Set(parts.map(({ record }) => recordKey(record)));
  const hits = [...parts, ...byToken.hits.filter(({ record }) => !met.has(recordKey(record)))];
  return {
    hits: hits.slice(0, query.limit),
    more: byToken.more || inside.more || hits.length > query.limit,
    leftOut: shapes.flatMap(({ index }, i) => {
      const reason = reasons[i];
      return reason === undefined ? [] : [{ index, reason }];
    }),
    gaps: joinGaps(byToken.gaps, inside.gaps),
  };
}

const NOTHING = { hits: [], more: false, gaps: NO_GAPS };

function isAnalyzed([shape]: readonly IndexShape[]): boolean {
  return shape !== undefined && hasTokens(shape);
}

function holds(text: string, word: string): boolean {
  return text.toLowerCase().includes(word.toLowerCase());
}

type Hit = z.infer<typeof answerShape>["hits"]["hits"][number];

function hitIn(hit: Hit, shape: IndexShape | undefined, fields: VectorFields) {
  if (!shape) return [];
  return [{ record: toRecord(hit, shape, fields), score: hit._score }];
}

type SearchOptions = Pick<Known, "fields" | "features"> & {
  excluded: NamedRecords;
  texts: boolean;
  clauseOf: (shape: IndexShape) => Query;
};

function searchBody(
  group: readonly IndexShape[],
  query: WordsQuery,
  { fields, features, excluded, texts, clauseOf }: SearchOptions,
): Query {
  const [shape] = group;
  if (!shape) return {};
  const { filter, must_not } = filterClauses(group, query, excluded, features);
  const { excludeHashes, limit } = query;
  const known = excludeHashes.length > 0 ? [{ terms: { [hashField(fields)]: excludeHashes } }] : [];
  const isOurs = anyOf([shape.level, { exists: { field: fields.vectorField } }]);
  const byTime = order(shape, "newest").filter((one) => typeof one !== "string");
  return {
    size: hitsAtMost(group, limit),
    seq_no_primary_term: true,
    track_total_hits: false,
    _source: recordSource(texts ? shape : { ...shape, messageFields: [] }, fields),
    query: {
      bool: {
        must: [clauseOf(shape)],
        filter: [...filter, isOurs],
        must_not: [...must_not, ...known],
      },
    },
    sort: ["_score", ...byTime],
  };
}
