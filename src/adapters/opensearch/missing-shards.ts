import { Fault } from "../../domain/faults.ts";
import type { Gap } from "../../domain/partial.ts";
import { missingShardsReason, type Completeness } from "./partial-answer.ts";

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
