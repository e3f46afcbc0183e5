import type { z } from "zod";
import type { Gap } from "../../domain/partial.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import { AnswerTooLarge } from "./bounded-answers.ts";
import { hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import { bytesFor, MAX_PAGE_BYTES, reducedSize, type PageSizes } from "./page-sizes.ts";
import type { Completeness } from "./partial-answer.ts";
import { searchEachGroup, type Answered } from "./search-groups.ts";

type Page<T> = {
  group: readonly IndexShape[];
  answer: T;
  /** The page was reduced in size: there may be more records. */
  cutShort: boolean;
};
type Pages<T> = {
  pages: Page<T>[];
  gaps: Gap[];
  /** Some groups were not searched, or only in part. */
  more: boolean;
};

type Hits = Completeness & { hits: { hits: readonly unknown[] } };

type Wanted<T> = {
  sizes: PageSizes;
  /** Hits per group. */
  limit: number;
  bodyOf: (shape: IndexShape, size: number, group: readonly IndexShape[]) => Query;
  answer: z.ZodType<T>;
  /** True: every group is searched, in several requests if necessary; false: only the first groups that fit. */
  every: boolean;
};

/**
 * The first hits of each group, as many as an answer has room for, and of one group at least. Throws a Fault only where
 * every search failed.
 */
export async function searchPages<T extends Hits>(
  api: IsolatingApi,
  groups: readonly (readonly IndexShape[])[],
  wanted: Wanted<T>,
  signal: AbortSignal,
): Promise<Pages<T>> {
  const { sizes, limit, bodyOf, answer, every } = wanted;
  const sizeOf = (group: readonly IndexShape[]) =>
    sizes.of(namesOf(group), hitsAtMost(group, limit));
  for (let asked = groups; ;) {
    const total = asked.reduce((sum, group) => sum + sizeOf(group), 0);
    const body = (group: readonly IndexShape[]) =>
      group[0] ? bodyOf(group[0], sizeOf(group), group) : {};
    try {
      const found = await searchEachGroup(api, asked, body, answer, signal, bytesFor(total));
      const pages = found.answers.map((one) => pageOf(one, sizeOf(one.group), limit));
      for (const group of asked) sizes.fitted(namesOf(group));
      const more = asked.length < groups.length || pages.some(({ cutShort }) => cutShort);
      return { pages, gaps: found.gaps, more };
    } catch (error) {
      if (!(error instanceof AnswerTooLarge)) throw error;
      const largest = asked.reduce((most, group) => Math.max(most, sizeOf(group)), 1);
      if (largest > 1) {
        const size = reducedSize(largest, error, MAX_PAGE_BYTES);
        for (const group of asked) if (sizeOf(group) > size) sizes.shrink(namesOf(group), size);
      } else if (every) {
        return inHalves(api, asked, wanted, signal);
      } else {
        asked = asked.slice(0, reducedSize(asked.length, error, MAX_PAGE_BYTES));
      }
    }
  }
}

async function inHalves<T extends Hits>(
  api: IsolatingApi,
  groups: readonly (readonly IndexShape[])[],
  wanted: Wanted<T>,
  signal: AbortSignal,
): Promise<Pages<T>> {
  const half = Math.ceil(groups.length / 2);
  const first = await searchPages(api, groups.slice(0, half), wanted, signal);
  const second = await searchPages(api, groups.slice(half), wanted, signal);
  return {
    pages: [...first.pages, ...second.pages],
    gaps: [...first.gaps, ...second.gaps],
    more: first.more || second.more,
  };
}

function pageOf<T extends Hits>(
  { group, answer }: Answered<IndexShape, T>,
  size: number,
  limit: number,
): Page<T> {
  const hits = answer.hits.hits.length;
  return { group, answer, cutShort: size < hitsAtMost(group, limit) && hits >= size };
}

function namesOf(group: readonly IndexShape[]): string[] {
  return group.map(({ index }) => index);
}
