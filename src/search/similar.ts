import { recordKey, recordName, type LogRecord } from "../domain/log-record.ts";
import type { Outcome } from "../domain/outcome.ts";
import { addEmbedding, noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import { vectorProblem } from "../domain/vector.ts";
import { eventsOf, tellEnded } from "../pipeline/batch-result.ts";
import { prepareIndices } from "../pipeline/collections/prepare-indices.ts";
import { runBatchOf } from "../pipeline/run-batch.ts";
import { isBlank } from "../pipeline/text.ts";
import type { Target } from "../ports/record-store.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { answerSearch } from "./answer-search.ts";
import { embedQuery } from "./embed-query.ts";
import { locateRecord, type Found, type RecordAddress } from "./locate-record.ts";
import { resolveScope } from "./search-scope.ts";
import type { SearchAnswer } from "./search-answer.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";
import { SearchRefused } from "./search-refused.ts";
import { traceSearch } from "./trace-search.ts";

export type SimilarQuery = SearchFilter & { of: RecordAddress };

/**
 * The records nearest to a record, without itself. A record of a wanted level without a vector is given one, as in a
 * cycle. Throws a SearchRefused, or a Fault.
 */
export async function similar(
  deps: SearchDeps,
  query: SimilarQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  return traceSearch(deps.tracer, "similar", query, () => searchLike(deps, query, stop));
}

async function searchLike(
  deps: SearchDeps,
  { of: target, ...filter }: SimilarQuery,
  stop: StopSignals,
): Promise<SearchAnswer> {
  const startedAt = deps.clock.now();
  const found = await locateRecord(deps, target, stop.everything);
  const { record } = found;
  if (isBlank(record.text)) {
    throw new SearchRefused("no_text", `${recordName(record)} has no text to compare.`);
  }
  const scope = await resolveScope(deps, filter, [recordKey(record)], stop.everything);
  const isKept =
    scope.nothingComparable !== null && found.current.state === "current" && found.current.vector;
  const own = isKept ? notEmbedded(deps) : await vectorOf(deps, found, target, stop);
  const { index, id } = record;
  const text = deps.toText(record.text);
  return answerSearch(
    deps,
    { ...own, mode: "meaning", query: { text, truncated: own.truncated, index, id }, startedAt },
    { scope, filter },
    stop.everything,
  );
}

/** No embedding is paid for where nothing is comparable, and a vector of another model is kept. */
function notEmbedded({ embedder }: SearchDeps) {
  const use = noEmbedding(embedder.pricePerMillionTokens);
  return { vector: undefined, truncated: false, use, stored: null };
}

type OwnVector = StoredVector & { use: EmbeddingUse; stored: Outcome | null };

/** The vector of the record's text: its own, a reused or a new one. */
async function vectorOf(
  deps: SearchDeps,
  found: Found,
  target: Target,
  stop: StopSignals,
): Promise<OwnVector> {
  const none = noEmbedding(deps.embedder.pricePerMillionTokens);
  const own = standing(deps, found);
  if (own) return { ...own, use: none, stored: null };
  const given = isWanted(deps, found.record) ? await giveVector(deps, found, stop) : undefined;
  const { stored = null, use = none } = given ?? {};
  if (stored !== null) {
    const [again] = await deps.store.locate([target], stop.everything);
    const now = again?.state === "found" ? standing(deps, again) : undefined;
    if (now) return { ...now, use, stored };
  }
  const text = deps.toText(found.record.text);
  const embedded = await embedQuery(deps, { text, logId: found.record.id }, stop);
  return { ...embedded, use: addEmbedding(use, embedded.use), stored };
}

/** The stored vector, where it is of this text and this embedder. */
function standing(
  { embedder, toText, signer }: SearchDeps,
  { current }: Found,
): StoredVector | undefined {
  if (current.state !== "current" || !current.vector) return undefined;
  const { model, dimensions } = embedder;
  const { stamp = {}, text } = current.record;
  const belongs = signer.textOf(stamp, toText(text)) === "this" && stamp["model"] === model;
  if (!belongs || vectorProblem(current.vector, dimensions)) return undefined;
  return { vector: current.vector, truncated: stamp["truncated"] === true };
}

function isWanted({ settings }: SearchDeps, { level = "" }: LogRecord): boolean {
  return settings.levels.some((wanted) => wanted.toLowerCase() === level.toLowerCase());
}

/** Stores a vector by the pipeline; undefined where the index takes none now. */
async function giveVector(
  deps: SearchDeps,
  { record, current }: Found,
  stop: StopSignals,
): Promise<{ stored: Outcome; use: EmbeddingUse } | undefined> {
  const key = recordKey(record);
  const events = eventsOf("search", deps.events);
  const { skipped, error } = record.stamp ?? {};
  if (skipped === "refused" && deps.signer.markOf(record) === "signed") {
    throw inQuarantine(record, error);
  }
  const prepared = await prepareIndices({ ...deps, events }, [record.index], stop.everything);
  if (prepared.refused.size + prepared.paused.size > 0) return undefined;
  const result = await runBatchOf({ ...deps, events }, [record], [current], stop);
  tellEnded(deps.events, "search", result);
  const stored = result.outcomeOf.get(key) ?? "deferred";
  const own = result.faultOf.get(key);
  if (stored === "quarantined") throw inQuarantine(record, own?.message);
  // A vector that was paid for but could not be written is used for this search.
  if (stored === "deferred" && result.fault && result.use.texts === 0) throw result.fault;
  return { stored, use: result.use };
}

function inQuarantine(record: LogRecord, error: unknown): SearchRefused {
  const why = typeof error === "string" ? `: ${error}` : "";
  const hint = "log-vectorizer quarantine retry lets it be tried again.";
  return new SearchRefused("text_refused", `${recordName(record)} is in quarantine${why}.`, hint);
}
