import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { Gap } from "../../domain/partial.ts";
import type { Api } from "./api.ts";
import type { Bounded } from "./bounded-answers.ts";
import { kindOf } from "./faults.ts";
import { readIsolatingFailures, unreadableReason, type IsolatingApi } from "./isolating-api.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import {
  gapOfEach,
  COUNT_ONLY,
  gapsIn,
  missingShardsReason,
  completenessShape,
  type Completeness,
} from "./partial-answer.ts";

type Within = Bounded & Pick<SearchKind, "searchType">;
type Searched = Pick<IndexShape, "index" | "hasPipeline">;

const errorShape = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  root_cause: z.array(z.object({ type: z.string(), reason: z.string().nullish() })).default([]),
});
const failureShape = z.object({ error: errorShape, status: z.number() });

function oneOf<T>(search: z.ZodType<T>) {
  return z.object({ responses: z.array(z.union([failureShape, search])) });
}

/** The answer for a group of alike indices, or for those of them that were searched. */
export type Answered<S, T> = { group: readonly S[]; answer: T };
type Responded<S, T> = { group: readonly S[]; response: T | Failure };

/**
 * One search per group in one _msearch, whose headers take any number of names where a URL would not. An index that
 * does not answer becomes a gap. Throws the Fault of the first failed search.
 */
export async function searchGroups<S extends Searched, T extends Completeness>(
  api: IsolatingApi,
  groups: readonly (readonly S[])[],
  bodyOf: (group: readonly S[]) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
): Promise<{ answers: T[]; gaps: Gap[] }> {
  const { responded, gaps } = await searchIsolating(api, groups, bodyOf, answer, signal);
  const answers: T[] = [];
  for (const { group, response } of responded) {
    if (isFailure(response)) throw toFault(response, api.url);
    answers.push(response);
    gaps.push(...(await gapsOf(api, group, response, { signal })));
  }
  return { answers, gaps };
}

/** `endsEarly`: the searches stop at a number of records. `searchType`: OpenSearch's; absent: its default. */
export type SearchKind = { endsEarly?: boolean; searchType?: "dfs_query_then_fetch" };

/**
 * The same for answers that may be partial: a failed search becomes a gap for each index of its group. Throws a
 * Fault only where every search failed, and an AnswerTooLarge beyond `maxAnswerBytes`.
 */
export async function searchEachGroup<S extends Searched, T extends Completeness>(
  api: IsolatingApi,
  groups: readonly (readonly S[])[],
  bodyOf: (group: readonly S[]) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
  { endsEarly = false, ...within }: SearchKind & Bounded = {},
): Promise<{ answers: Answered<S, T>[]; gaps: Gap[] }> {
  const { responded, gaps } = await searchIsolating(api, groups, bodyOf, answer, signal, within);
  const failures = responded.map(({ response }) => response).filter(isFailure);
  if (failures[0] && failures.length === responded.length) throw toFault(failures[0], api.url);
  const answers: Answered<S, T>[] = [];
  for (const { group, response } of responded) {
    if (isFailure(response)) gaps.push(...gapOfEach(namesOf(group), failureReason(response)));
    else {
      answers.push({ group, answer: response });
      gaps.push(...(await gapsOf(api, group, response, { endsEarly, signal })));
    }
  }
  return { answers, gaps };
}

async function searchIsolating<S extends Searched, T>(
  api: IsolatingApi,
  groups: readonly (readonly S[])[],
  bodyOf: (group: readonly S[]) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
  within: Within = {},
): Promise<{ responded: Responded<S, T>[]; gaps: Gap[] }> {
  const ask = async (names: readonly string[]) => {
    const part = new Set(names);
    const some = groups
      .map((group) => group.filter(({ index }) => part.has(index)))
      .filter(({ length }) => length > 0);
    const responses = await sendAll(api, some, bodyOf, answer, signal, within);
    return responses.map((response, i) => ({ group: some[i] ?? [], response }));
  };
  const { answers, failed } = await readIsolatingFailures(
    api,
    groups.flatMap(namesOf),
    ask,
    signal,
  );
  const gaps = failed.map(({ index, fault }) => ({ index, reason: unreadableReason(fault) }));
  return { responded: answers.flat(), gaps };
}

/** The gaps of a group, with the index named where that can be found out. */
async function gapsOf(
  api: Api,
  group: readonly Searched[],
  seen: Completeness,
  { endsEarly, signal }: { endsEarly?: boolean; signal: AbortSignal },
): Promise<Gap[]> {
  const asked = { indices: namesOf(group), ...(endsEarly === undefined ? {} : { endsEarly }) };
  if (group.length < 2 || missingShardsReason(seen) === undefined) return gapsIn(seen, asked);
  const missing = await findMissing(group, async (parts) => {
    const answers = await sendAll(api, parts, () => ONE_RECORD_A_SHARD, completenessShape, signal);
    return answers.map((one) => (isFailure(one) ? { why: failureReason(one) } : { seen: one }));
  });
  if (missing.length === 0) return gapsIn(seen, asked);
  return [...gapsIn(withoutMissing(seen), asked), ...missing];
}

/** Reaches every shard and reads one record of each. */
const ONE_RECORD_A_SHARD = { ...COUNT_ONLY, track_total_hits: false, terminate_after: 1 };

function withoutMissing(seen: Completeness): Completeness {
  const { failed, total } = seen._shards;
  return { ...seen, _shards: { ...seen._shards, successful: total - failed } };
}

function namesOf(group: readonly Searched[]): string[] {
  return group.map(({ index }) => index);
}

async function sendAll<S extends Searched, T>(
  api: Api,
  groups: readonly (readonly S[])[],
  bodyOf: (group: readonly S[]) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
  { searchType, ...within }: Within = {},
) {
  if (groups.length === 0) return [];
  const lines = groups.flatMap((group) => [
    JSON.stringify({ index: namesOf(group), ignore_unavailable: true, search_type: searchType }),
    JSON.stringify({ ...bodyOf(group), ...searchTimeout(api), ...bypassPipelines(group) }),
  ]);
  const body = { lines: `${lines.join("\n")}\n`, ...within };
  const request = { method: "POST", path: "/_msearch", ...body } as const;
  return (await api.send(request, oneOf(answer), signal)).responses;
}

/**
 * An explicit timeout overrides `search.default_search_timeout`. It ends before this process stops waiting, so that the
 * answer says what is missing.
 */
export function searchTimeout({ timeoutMs }: Pick<Api, "timeoutMs">): { timeout: string } {
  return { timeout: `${Math.ceil(timeoutMs * 0.9)}ms` };
}

/** Bypasses the index's default pipeline, which may filter or rename fields. */
export function bypassPipelines(group: readonly Searched[]): { search_pipeline?: string } {
  return group.some(({ hasPipeline }) => hasPipeline) ? { search_pipeline: "_none" } : {};
}

type Failure = z.infer<typeof failureShape>;

function isFailure(response: unknown): response is Failure {
  return typeof response === "object" && response !== null && "error" in response;
}

function toFault(failure: Failure, url: string): Fault {
  const kind = kindOf(failure.status, (failure.error.root_cause[0] ?? failure.error).type);
  return new Fault(
    kind === "record" ? "configuration" : kind,
    `OpenSearch at ${url}: ${failureReason(failure)}`.slice(0, 500),
  );
}

function failureReason({ error, status }: Failure): string {
  const { type, reason } = error.root_cause[0] ?? error;
  // OpenSearch's error for indices without any available shard.
  if (status === 503 && type === "search_phase_execution_exception") {
    return "no shard has a copy that can be searched";
  }
  return `a search failed: ${type}: ${reason ?? ""}`;
}

/** Parts per round: one of a thousand indices is found in two rounds. */
const PARTS = 32;

/** Searches each part; `why`: the reason where the search failed. */
type SearchParts<Index> = (
  parts: Index[][],
) => Promise<({ seen: Completeness } | { why: string })[]>;

/**
 * Which of these indices have unavailable shards; an answer only tells how many. Empty where all are available again,
 * or nothing answers.
 */
export async function findMissing<Index extends { index: string }>(
  indices: readonly Index[],
  ask: SearchParts<Index>,
): Promise<Gap[]> {
  const gaps: Gap[] = [];
  let parts = cut(indices);
  try {
    while (parts.length > 0) {
      const next: Index[][] = [];
      const answers = await ask(parts);
      for (const [i, part] of parts.entries()) {
        const answer = answers[i];
        const reason = answer && ("why" in answer ? answer.why : missingShardsReason(answer.seen));
        if (reason === undefined) continue;
        const [only] = part;
        if (only && part.length === 1) gaps.push({ index: only.index, reason });
        else next.push(...cut(part));
      }
      parts = next;
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  return gaps;
}

function cut<Index>(indices: readonly Index[]): Index[][] {
  const size = Math.ceil(indices.length / PARTS);
  return Array.from({ length: Math.ceil(indices.length / Math.max(1, size)) }, (_, i) =>
    indices.slice(i * size, (i + 1) * size),
  );
}
