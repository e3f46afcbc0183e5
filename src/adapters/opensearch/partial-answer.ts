import { z } from "zod";
import { count } from "../../model/count.ts";
import type { Gap } from "../../model/partial.ts";

const failureShape = z.object({
  index: z.string().nullish(),
  reason: z.object({ type: z.string(), reason: z.string().nullish() }).nullish(),
});

/** What the answer of every search says of how much it has seen. */
export const seenShape = z.object({
  _shards: z.object({
    total: z.number().default(0),
    /** Those that were passed over because nothing in them can match are among them. */
    successful: z.number().default(0),
    failed: z.number().default(0),
    /** Alike failures of one index stand there once. */
    failures: z.array(failureShape).default([]),
  }),
  timed_out: z.boolean().default(false),
  terminated_early: z.boolean().nullish(),
});
type Seen = z.infer<typeof seenShape>;

/** `endsEarly`: it was to stop at a number of records itself. */
type Asked = { indices: readonly string[]; endsEarly?: boolean };

/**
 * For a search that only counts. It asks for one hit, for OpenSearch 3.2 says of a whole answer without hits that it was
 * terminated early.
 */
export const COUNT_ONLY = { size: 1, _source: false } as const;

/** What a search over these indices has not seen. Where the answer names no index, it may be any of them. */
export function gapsIn(seen: Seen, { indices, endsEarly = false }: Asked): Gap[] {
  const { timed_out: timedOut, terminated_early: endedEarly } = seen;
  return [
    ...failedIn(seen, indices),
    ...gapOfEach(missingIn(seen) > 0 ? indices : [], missingWords(seen)),
    ...gapOfEach(timedOut ? indices : [], TIMED_OUT),
    ...gapOfEach(endedEarly && !endsEarly ? indices : [], ENDED_EARLY),
  ];
}

const TIMED_OUT =
  "the search ran out of the time that OpenSearch gives it (search.default_search_timeout)";
const ENDED_EARLY = "OpenSearch ended the search before it had seen every record";

/** Shards that were not even asked, for none of their copies is there. */
function missingIn({ _shards: { total, successful, failed } }: Pick<Seen, "_shards">) {
  return Math.max(0, total - successful - failed);
}

/** The same for each of these indices. */
export function gapOfEach(indices: readonly string[], reason: string): Gap[] {
  return indices.map((index) => ({ index, reason }));
}

function missingWords(seen: Seen): string {
  const missing = missingIn(seen);
  const none = missing === 1 ? "has no copy" : "have no copies";
  return `${missing} of ${count(seen._shards.total, "shard")} ${none} that can be searched`;
}

function failedIn({ _shards: { failed, total, failures } }: Seen, indices: readonly string[]) {
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
