import { z } from "zod";
import { Fault } from "../../model/faults.ts";
import type { Gap } from "../../model/partial.ts";
import type { Api } from "./api.ts";
import { kindOf } from "./faults.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import { gapOfEach, gapsIn, type seenShape } from "./partial-answer.ts";

type Searched = Pick<IndexShape, "index" | "hasPipeline">;

const errorShape = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  root_cause: z.array(z.object({ type: z.string(), reason: z.string().nullish() })).default([]),
});
const failureShape = z.object({ error: errorShape, status: z.number() });

/** One answer of an _msearch: the search's own, or why it failed. */
function oneOf<T>(search: z.ZodType<T>) {
  return z.object({ responses: z.array(z.union([failureShape, search])) });
}

/**
 * One search per group of alike indices in one request. The names stand in the headers: as many as one likes, where a
 * URL would overflow. Throws the Fault of the first search that failed.
 */
export async function searchGroups<G extends readonly Searched[], T>(
  api: Api,
  groups: readonly G[],
  bodyOf: (group: G) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T[]> {
  const responses = await sendAll(api, groups, bodyOf, answer, signal);
  return responses.map((response) => {
    if (isFailure(response)) throw toFault(response, api.url);
    return response;
  });
}

type Answered = z.infer<typeof seenShape>;

/**
 * The same for what may be told in part: a group whose search failed has no answer, and each of its indices a gap.
 * `endsEarly`: the searches are to stop at a number of records. Throws a Fault only where every search failed.
 */
export async function searchEachGroup<G extends readonly Searched[], T extends Answered>(
  api: Api,
  groups: readonly G[],
  bodyOf: (group: G) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
  { endsEarly = false }: { endsEarly?: boolean } = {},
): Promise<{ answers: (T | undefined)[]; gaps: Gap[] }> {
  const responses = await sendAll(api, groups, bodyOf, answer, signal);
  const failures = responses.filter(isFailure);
  if (failures[0] && failures.length === responses.length) throw toFault(failures[0], api.url);
  const gaps: Gap[] = [];
  const answers = responses.map((response, i) => {
    const indices = (groups[i] ?? []).map(({ index }) => index);
    if (isFailure(response)) {
      gaps.push(...gapOfEach(indices, failureWords(response)));
      return undefined;
    }
    gaps.push(...gapsIn(response, { indices, endsEarly }));
    return response;
  });
  return { answers, gaps };
}

async function sendAll<G extends readonly Searched[], T>(
  api: Api,
  groups: readonly G[],
  bodyOf: (group: G) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
) {
  if (groups.length === 0) return [];
  const lines = groups.flatMap((group) => [
    JSON.stringify({ index: group.map(({ index }) => index), ignore_unavailable: true }),
    JSON.stringify({ ...bodyOf(group), ...pastPipelines(group) }),
  ]);
  const request = { method: "POST", path: "/_msearch", lines: `${lines.join("\n")}\n` } as const;
  return (await api.send(request, oneOf(answer), signal)).responses;
}

/** What an index does to the searches of others (a filter, renamed fields) must not be done to ours. */
export function pastPipelines(group: readonly Searched[]): { search_pipeline?: string } {
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
    `OpenSearch at ${url}: ${failureWords(failure)}`.slice(0, 500),
  );
}

function failureWords({ error }: Failure): string {
  const { type, reason } = error.root_cause[0] ?? error;
  return `a search failed: ${type}: ${reason ?? ""}`;
}
