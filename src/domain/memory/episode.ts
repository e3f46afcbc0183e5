import { z } from "zod";

const names = z.array(z.string());

/** A run of one group, divided from others by quiet. One that has ended is a past case. */
export const episodeShape = z.object({
  episode: z.string(),
  group: z.string(),
  from: z.string().describe("Its first error. ISO 8601, UTC."),
  to: z.string().describe("Its last error so far. ISO 8601, UTC."),
  count: z.int(),
  ended: z.boolean(),
  rose_with: z
    .array(z.object({ group: z.string(), service: z.string().nullable(), lift: z.number() }))
    .describe("Other groups that rose about its first error, and how many times as often."),
  hosts: names.describe("The most frequent of its records, at most ten; empty: they name none."),
  versions: names.describe("The same of the versions of the service."),
  told: names.describe("What people were told of it."),
});
export type Episode = z.infer<typeof episodeShape>;

/** `from`: ISO 8601. */
export function episodeId({ group, from }: Pick<Episode, "group" | "from">): string {
  return `${group}-${Date.parse(from)}`;
}

/** Of the hosts of an episode, and of the versions, so many are kept: there may be more where there are as many. */
export const MAX_KEPT_NAMES = 10;

/**
 * Whether a host or version is there now that was not there then. False where one side is not known, and where of then not all may be
 * kept.
 */
export function hasNewName(now: readonly string[] = [], then: readonly string[] = []): boolean {
  if (then.length === 0 || then.length >= MAX_KEPT_NAMES) return false;
  return now.some((name) => !then.includes(name));
}
