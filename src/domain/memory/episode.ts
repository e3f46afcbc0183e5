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
  hosts: names,
  versions: names,
  told: names.describe("What people were told of it."),
});
export type Episode = z.infer<typeof episodeShape>;

/** `from`: ISO 8601. */
export function episodeId({ group, from }: Pick<Episode, "group" | "from">): string {
  return `${group}-${Date.parse(from)}`;
}
