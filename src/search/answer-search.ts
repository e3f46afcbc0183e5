import { isoTimeIn } from "../domain/iso-time.ts";
import { cutText } from "../domain/cut-text.ts";
import { isGroupId } from "../domain/group.ts";
import { Fault } from "../domain/faults.ts";
import { recordKey, withoutVersion } from "../domain/log-record.ts";
import { joinGaps } from "../domain/partial.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import { cosineSimilarity } from "../domain/vector.ts";
import type { Occurrences } from "../ports/vector-index.ts";
import { findGroups, type Asked, type FoundGroups } from "./find-groups.ts";
import { FOUND_BY, type FoundBy, type FusedGroup } from "./fuse.ts";
import type { SearchMode } from "./query-words.ts";
import type { Scope } from "./search-scope.ts";
import type { LeftOut, SearchAnswer, SearchHit } from "./search-answer.ts";
import type { SearchDeps, SearchFilter, WordSearchDeps } from "./search-deps.ts";

/** A query, prepared for the search. */
export type Sought = Asked & {
  query: Omit<SearchAnswer["query"], "must_have">;
  mode: SearchMode;
  use: EmbeddingUse;
  stored: SearchAnswer["stored"];
  /** Why there is no vector, though one was asked for. */
  failed?: Fault;
  startedAt: number;
};

/** Finds and groups the best records; by nothing where there is neither a vector nor words. Throws a Fault. */
export async function answerSearch(
  deps: WordSearchDeps,
  sought: Sought,
  { scope, filter }: { scope: Scope; filter: SearchFilter },
  signal: AbortSignal,
): Promise<SearchAnswer> {
  const { vectors, embedder, clock, settings } = deps;
  const { model, dimensions } = embedder;
  const { vector, words, mode } = sought;
  const startedAt = clock.now();
  const found = await findGroups(deps, { vector, words }, { scope, filter }, signal);
  const textHashes = found.groups.flatMap(({ hashes }) => [...hashes]);
  const [counted, scores] = await Promise.all([
    vectors.occurrences({ ...scope, model, textHashes }, signal),
    vector ? readScores(deps, vector, found.groups, signal) : new Map<string, number>(),
  ]);
  if (vector ?? words) {
    deps.events.stageEnded({ stage: "search", durationMs: clock.now() - startedAt });
  }
  const { each } = found;
  const failed: FoundGroups["failed"] = [
    ...found.failed,
    ...(sought.failed ? [{ by: "meaning" as const, fault: sought.failed }] : []),
  ];
  const searchedBy = FOUND_BY.filter((by) => {
    const isAsked = by === "words" ? words !== undefined : mode !== "words";
    return isAsked && failed.every((one) => one.by !== by);
  });
  return {
    query: {
      ...sought.query,
      text: shownOf(sought.query.text, settings).text,
      must_have: (scope.filter.phrases ?? []).map((part) => shownOf(part, settings).text),
    },
    mode,
    searched_by: searchedBy,
    not_searched_by: failed.map(({ by, fault }) => ({ by, reason: fault.message })),
    model,
    dimensions,
    hits: found.groups.map((group) => hitOf(group, { byHash: counted.byHash, scores }, deps)),
    more: found.more,
    searched: {
      indices: (searchedBy.includes("words") ? scope.wordIndices : scope.indices).length,
      records: scope.records,
      without_graph: each.indices > 0 ? each : null,
    },
    other_models: scope.otherModels,
    nothing_comparable: scope.nothingComparable,
    left_out: leftOutOf(scope, found.leftOutByWords, searchedBy),
    gaps: joinGaps(scope.gaps, found.gaps, counted.gaps),
    embedding: sought.use,
    stored: sought.stored,
    duration_ms: clock.now() - sought.startedAt,
  };
}

/** Unfit indices are searched by nothing; others may be left out by one way alone. */
function leftOutOf(
  { leftOut, wordIndices }: Scope,
  leftOutByWords: FoundGroups["leftOutByWords"],
  searchedBy: readonly FoundBy[],
): LeftOut[] {
  if (!searchedBy.includes("words")) return leftOut;
  const noWords = new Set(leftOutByWords.map(({ index }) => index));
  const noMeaning = new Set(leftOut.map(({ index }) => index));
  const byWords = new Set(wordIndices.filter((index) => !noWords.has(index)));
  const byMeaning = searchedBy.includes("meaning");
  return [
    ...leftOut.map((one): LeftOut => (byWords.has(one.index) ? { ...one, by: "meaning" } : one)),
    ...leftOutByWords
      .filter(({ index }) => !noMeaning.has(index))
      .map((one): LeftOut => (byMeaning ? { ...one, by: "words" } : one)),
  ];
}

/** Cosines of the shown records that words alone found, by record key, where they have a vector of the model. */
async function readScores(
  { store, embedder }: Pick<WordSearchDeps, "store" | "embedder">,
  vector: Float32Array,
  groups: readonly FusedGroup[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const records = groups.flatMap(({ hits: [{ record, score }] }) => {
    return score === undefined && isVectorized(record, embedder) ? [withoutVersion(record)] : [];
  });
  if (records.length === 0) return new Map();
  try {
    const states = await store.readCurrent(records, signal);
    return new Map(
      states.flatMap((now) => {
        if (now.state !== "current" || !now.vector) return [];
        const score = cosineSimilarity(vector, now.vector);
        const isOurs = isVectorized(now.record, embedder);
        return score === undefined || !isOurs ? [] : [[recordKey(now.record), score] as const];
      }),
    );
  } catch (error) {
    // A hit without its score is better than no hit.
    if (!(error instanceof Fault)) throw error;
    return new Map();
  }
}

type Vectorized = { stamp?: Record<string, unknown> };

function isVectorized({ stamp = {} }: Vectorized, { model }: WordSearchDeps["embedder"]): boolean {
  return stamp["model"] === model && (stamp["skipped"] ?? null) === null;
}

type Known = { byHash: ReadonlyMap<string, Occurrences>; scores: ReadonlyMap<string, number> };

function hitOf(
  { hits, hashes, foundBy }: FusedGroup,
  { byHash, scores }: Known,
  { settings, embedder }: Pick<WordSearchDeps, "settings" | "embedder">,
): SearchHit {
  const [{ record, score }] = hits;
  const seen = [...hashes].flatMap((hash) => byHash.get(hash) ?? []);
  const times = hits.map((hit) => Date.parse(hit.record.timestamp ?? ""));
  const known = [...times, ...seen.flatMap(({ first, last }) => [first, last])].filter(
    (time): time is number => time !== undefined && Number.isFinite(time),
  );
  const counted = seen.reduce((sum, { records }) => sum + records, 0);
  const message = shownOf(record.text, settings);
  const group = record.stamp?.["group"];
  return {
    score: score ?? scores.get(recordKey(record)) ?? null,
    vectorized: score !== undefined || isVectorized(record, embedder),
    found_by: FOUND_BY.filter((by: FoundBy) => foundBy.includes(by)),
    // The aggregation may not include the newest hits, nor those without a vector.
    count: Math.max(counted, hits.length),
    first_seen: known.length > 0 ? isoTimeIn(Math.min(...known)) : null,
    last_seen: known.length > 0 ? isoTimeIn(Math.max(...known)) : null,
    index: record.index,
    id: record.id,
    shard_key: record.shardKey ?? null,
    timestamp: nameOf(record.timestamp),
    level: nameOf(record.level),
    service: nameOf(record.service),
    group: isGroupId(group) ? group : null,
    message: message.text,
    message_truncated: message.cut || record.cut === true,
  };
}

/** UTF-8 bytes of a level or service name, which may be of any length in a log. */
const MAX_NAME_BYTES = 512;

function nameOf(text: string | undefined): string | null {
  return text === undefined ? null : cutText(text, MAX_NAME_BYTES).text;
}

/** UTF-8 bytes of a message in the answer. */
const MAX_SHOWN_BYTES = 4096;

/** Masks before cutting, because half a secret would not be recognized. */
function shownOf(text: string, { toShown }: Pick<SearchDeps["settings"], "toShown">) {
  const head = cutText(text, MASKED_BYTES);
  const shown = cutText(toShown(head.text), MAX_SHOWN_BYTES);
  return { text: shown.text, cut: shown.cut || head.cut };
}

/** Masking the whole of a long text would waste time. */
const MASKED_BYTES = 2 * MAX_SHOWN_BYTES;
