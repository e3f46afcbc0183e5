import { z } from "zod";
import { firstOf } from "./count.ts";

/** A part of an index that an answer does not cover: values for that index may be too low. */
const gapShape = z.object({
  index: z.string(),
  reason: z
    .string()
    .describe(
      'What is missing and why, as the end of a sentence: "a part of it did not answer (…)".',
    ),
});
export type Gap = z.infer<typeof gapShape>;

/** Empty for a complete answer. */
export const gapsShape = z.array(gapShape).readonly();

export const NO_GAPS: readonly Gap[] = [];

/** The gaps of several answers about the same indices, without duplicates. */
export function joinGaps(...answers: (readonly Gap[])[]): Gap[] {
  const all = answers.flat().map((gap) => [`${gap.index}\n${gap.reason}`, gap] as const);
  return [...new Map(all).values()];
}

/** One phrase, "app_logs: a part of it did not answer (…)"; undefined without gaps. */
export function gapsLine(gaps: readonly Gap[]): string | undefined {
  if (gaps.length === 0) return undefined;
  const byReason = Map.groupBy(gaps, ({ reason }) => reason);
  return [...byReason]
    .map(([reason, all]) => `${firstOf(all.map(({ index }) => index))}: ${reason}`)
    .join("; ");
}
