import { isoTimeIn } from "../domain/iso-time.ts";
import { cutText } from "../domain/cut-text.ts";
import { joinGaps, NO_GAPS } from "../domain/partial.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import type { Occurrences } from "../ports/vector-index.ts";
import { findGroups, type FoundGroups } from "./find-groups.ts";
import type { HitGroup } from "./group-hits.ts";
import type { Scope } from "./search-scope.ts";
import type { SearchAnswer, SearchHit } from "./search-answer.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";

/** A query, prepared for the search. */
export type Sought = {
  query: SearchAnswer["query"];
  /** Undefined where nothing is comparable. */
  vector: Float32Array | undefined;
  use: EmbeddingUse;
  stored: SearchAnswer["stored"];
  startedAt: number;
};

/** Finds and groups the nearest records. Throws a Fault. */
export async function answerSearch(
  deps: SearchDeps,
  sought: Sought,
  { scope, filter }: { scope: Scope; filter: SearchFilter },
  signal: AbortSignal,
): Promise<SearchAnswer> {
  const { vectors, embedder, clock, settings } = deps;
  const { model, dimensions } = embedder;
  const { vector } = sought;
  const startedAt = clock.now();
  const found = vector ? await findGroups(deps, vector, { scope, filter }, signal) : NOTHING;
  const textHashes = found.groups.flatMap(({ hashes }) => [...hashes]);
  const counted = await vectors.occurrences({ ...scope, model, textHashes }, signal);
  if (vector) deps.events.stageEnded({ stage: "search", durationMs: clock.now() - startedAt });
  const { each } = found;
  return {
    query: { ...sought.query, text: shownOf(sought.query.text, settings).text },
    model,
    dimensions,
    hits: found.groups.map((group) => hitOf(group, counted.byHash, deps)),
    more: found.more,
    searched: {
      indices: scope.indices.length,
      records: scope.records,
      without_graph: each.indices > 0 ? each : null,
    },
    other_models: scope.otherModels,
    nothing_comparable: scope.nothingComparable,
    left_out: scope.leftOut,
    gaps: joinGaps(scope.gaps, found.gaps, counted.gaps),
    embedding: sought.use,
    stored: sought.stored,
    duration_ms: clock.now() - sought.startedAt,
  };
}

const NOTHING: FoundGroups = {
  groups: [],
  more: false,
  each: { indices: 0, records: 0, compared: 0 },
  gaps: NO_GAPS,
};

function hitOf(
  { hits, hashes }: HitGroup,
  byHash: ReadonlyMap<string, Occurrences>,
  { settings }: Pick<SearchDeps, "settings">,
): SearchHit {
  const [{ record, score }] = hits;
  const seen = [...hashes].flatMap((hash) => byHash.get(hash) ?? []);
  const times = hits.map((hit) => Date.parse(hit.record.timestamp ?? ""));
  const known = [...times, ...seen.flatMap(({ first, last }) => [first, last])].filter(
    (time): time is number => time !== undefined && Number.isFinite(time),
  );
  const counted = seen.reduce((sum, { records }) => sum + records, 0);
  const message = shownOf(record.text, settings);
  return {
    score,
    // The aggregation may not include the newest hits.
    count: Math.max(counted, hits.length),
    first_seen: known.length > 0 ? isoTimeIn(Math.min(...known)) : null,
    last_seen: known.length > 0 ? isoTimeIn(Math.max(...known)) : null,
    index: record.index,
    id: record.id,
    shard_key: record.shardKey ?? null,
    timestamp: nameOf(record.timestamp),
    level: nameOf(record.level),
    service: nameOf(record.service),
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
