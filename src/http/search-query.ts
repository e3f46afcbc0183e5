import { z } from "zod";
import { POINT_IN_TIME, pointInTime } from "../search/point-in-time.ts";
import { SEARCH_MODES } from "../search/query-words.ts";
import type { SearchFilter } from "../search/search-deps.ts";
import { Refused } from "./problem.ts";

/** As much as an embedder reads of a text; what is longer is cut there, and said to be. */
const MAX_TEXT = 32_768;
const name = z.string().trim().min(1).max(512);
export const timeShape = z
  .string()
  .trim()
  .refine((text) => pointInTime(text, 0) !== undefined, `neither ${POINT_IN_TIME}`);

/** What a search can be narrowed by, as it stands in an address. */
export const filterShape = {
  since: timeShape.optional().describe(`Only from this time on: ${POINT_IN_TIME}`),
  until: timeShape.optional().describe("Only up to this time"),
  service: name.optional().describe("Only of this service, in any case"),
  level: name.optional().describe("Only of this level, in any case"),
  index: name.optional().describe("Only in these indices or data streams, such as app-*,web-*"),
  min_score: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Only hits of at least this similarity, from 0 to 1"),
  limit: z.coerce.number().int().min(1).max(100).default(10).describe("How many are shown"),
};
export const placeShape = z.object({
  index: z.string().min(1).max(512),
  id: z.string().min(1).max(512),
});
/** The address of a record that was written with a shard key; pair with `placeIn`. */
export const shardKeyShape = {
  shard_key: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe("Of a record that was indexed with one"),
  routing: z.string().min(1).max(512).optional().describe("The former name of shard_key"),
};
export const modeShape = {
  mode: z
    .enum(SEARCH_MODES)
    .default("both")
    .describe("By words (names, codes, ids), by meaning, or by both, merged by rank"),
};
export const textShape = z.string().min(1).max(MAX_TEXT);

type Given = z.infer<z.ZodObject<typeof filterShape>>;

/** The filter of a search at this point in time. */
export function filterFrom(
  { since, until, service, level, index, min_score: minScore, limit }: Given,
  now: number,
): SearchFilter {
  const [from, to] = [since, until].map((text) =>
    text === undefined ? undefined : pointInTime(text, now),
  );
  return {
    limit,
    ...(from === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
    ...(service === undefined ? {} : { service }),
    ...(level === undefined ? {} : { level }),
    ...(index === undefined ? {} : { index }),
    ...(minScore === undefined ? {} : { minScore }),
  };
}

/** Throws a Refused where it ends before it begins. */
export function inOrder<Filter extends { since?: number; until?: number }>(filter: Filter): Filter {
  const { since, until } = filter;
  if (since === undefined || until === undefined || since <= until) return filter;
  throw new Refused(400, "query since: it is later than until.");
}
