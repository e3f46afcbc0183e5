import { z } from "zod";
import { count } from "../../domain/count.ts";
import type { Gap } from "../../domain/partial.ts";

const failureShape = z.object({
  index: z.string().nullish(),
  reason: z.object({ type: z.string(), reason: z.string().nullish() }).nullish(),
});

/** The part of every search answer that says how complete it is. */
export const completenessShape = z.object({
  _shards: z.object({
    total: z.number().default(0),
    /** Includes shards skipped because nothing in them can match. */
    successful: z.number().default(0),
    failed: z.number().default(0),
    /** Equal failures of one index are listed once. */
    failures: z.array(failureShape).default([]),
  }),
  timed_out: z.boolean().default(false),
  terminated_early: z.boolean().nullish(),
});
export type Completeness = z.infer<typeof completenessShape> & { aggregations?: unknown };

/** A terms aggregation that has to count every value. */
export function wholeTerms<Bucket extends z.ZodType>(bucket: Bucket) {
  return z.object({
    sum_other_doc_count: z.number().default(0),
    doc_count_error_upper_bound: z.number().default(0),
    buckets: z.array(bucket),
  });
}

/** `endsEarly`: the search was told to stop at a number of records. */
type SearchScope = { indices: readonly string[]; endsEarly?: boolean };

/**
 * For counts. One hit is requested because OpenSearch 3.2 reports a complete answer without hits as terminated early.
 */
export const COUNT_ONLY = { size: 1, _source: false } as const;

/** What a search has not seen. Where the answer names no index, each of them gets the gap. */
export function gapsIn(seen: Completeness, { indices, endsEarly = false }: SearchScope): Gap[] {
  const { timed_out: timedOut, terminated_early: endedEarly } = seen;
  const missing = missingShardsReason(seen);
  const truncated = truncatedCountsReason(seen.aggregations);
  return [
    ...failedIn(seen, indices),
    ...(missing === undefined ? [] : gapOfEach(indices, missing)),
    ...(timedOut ? gapOfEach(indices, TIMED_OUT) : []),
    ...(endedEarly && !endsEarly ? gapOfEach(indices, ENDED_EARLY) : []),
    ...(truncated === undefined ? [] : gapOfEach(indices, truncated)),
  ];
}

const TIMED_OUT = "the search timed out (OPENSEARCH_TIMEOUT_SECONDS)";
const ENDED_EARLY = "OpenSearch ended the search before it had seen every record";

export function gapOfEach(indices: readonly string[], reason: string): Gap[] {
  return indices.map((index) => ({ index, reason }));
}

/** Shards without any available copy; undefined where there are none. */
export function missingShardsReason({
  _shards: { total, successful, failed },
}: Completeness): string | undefined {
  const missing = total - successful - failed;
  if (missing <= 0) return undefined;
  return `${missing} of ${count(total, "shard")} ${missing === 1 ? "has" : "have"} no copy that can be searched`;
}

function failedIn(
  { _shards: { failed, total, failures } }: Completeness,
  indices: readonly string[],
) {
  if (failed === 0) return [];
  const byIndex = new Map<string, string>();
  for (const { index, reason } of failures) {
    if (typeof index !== "string" || byIndex.has(index)) continue;
    byIndex.set(index, reason ? ` (${reason.type}: ${reason.reason ?? ""})`.slice(0, 300) : "");
  }
  const [only] = byIndex.size === 1 || indices.length === 1 ? [...byIndex.keys(), ...indices] : [];
  const howMany = `${failed} of ${count(total, "shard")} failed`;
  if (only !== undefined) return [{ index: only, reason: `${howMany}${byIndex.get(only) ?? ""}` }];
  if (byIndex.size === 0) return gapOfEach(indices, howMany);
  return [...byIndex].map(([index, why]) => ({ index, reason: `shards failed${why}` }));
}

const termsFigures = z.object({
  sum_other_doc_count: z.number(),
  doc_count_error_upper_bound: z.number(),
});

/** Whether some aggregation left values out or may be too low; undefined where all are exact. */
function truncatedCountsReason(aggregations: unknown): string | undefined {
  if (typeof aggregations !== "object" || aggregations === null) return undefined;
  const { data } = termsFigures.safeParse(aggregations);
  if (data && data.sum_other_doc_count > 0) {
    return `OpenSearch left ${count(data.sum_other_doc_count, "record")} out of its counts`;
  }
  if (data && data.doc_count_error_upper_bound > 0) {
    return `counts by OpenSearch may be too low by ${data.doc_count_error_upper_bound}`;
  }
  return Object.values(aggregations)
    .map(truncatedCountsReason)
    .find((words) => words !== undefined);
}
