import { z } from "zod";
import { Fault } from "../../model/faults.ts";
import type { Api } from "./api.ts";
import { kindOf } from "./faults.ts";
import type { IndexShape, Query } from "./index-shape.ts";

type Searched = Pick<IndexShape, "index" | "hasPipeline">;

export const shardsShape = z.object({ failed: z.number().default(0) });

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

type Answered = { _shards: z.infer<typeof shardsShape> };

/**
 * The same for what may be told in part: a group whose search failed has no answer, and at least as many failed shards as
 * it has indices. Throws a Fault only where every search failed.
 */
export async function searchEachGroup<G extends readonly Searched[], T extends Answered>(
  api: Api,
  groups: readonly G[],
  bodyOf: (group: G) => Query,
  answer: z.ZodType<T>,
  signal: AbortSignal,
): Promise<{ answers: (T | undefined)[]; failedShards: number }> {
  const responses = await sendAll(api, groups, bodyOf, answer, signal);
  const failures = responses.filter(isFailure);
  if (failures[0] && failures.length === responses.length) throw toFault(failures[0], api.url);
  let failedShards = 0;
  const answers = responses.map((response, i) => {
    if (isFailure(response)) {
      failedShards += groups[i]?.length ?? 1;
      return undefined;
    }
    failedShards += response._shards.failed;
    return response;
  });
  return { answers, failedShards };
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

function toFault({ error, status }: Failure, url: string): Fault {
  const { type, reason } = error.root_cause[0] ?? error;
  const kind = kindOf(status, type);
  return new Fault(
    kind === "record" ? "configuration" : kind,
    `OpenSearch at ${url}: a search failed: ${type}: ${reason ?? ""}`.slice(0, 500),
  );
}
