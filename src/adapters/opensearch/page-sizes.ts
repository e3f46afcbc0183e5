import { AnswerTooLarge } from "./bounded-answers.ts";

/**
 * What one answer with texts may have, and so about what is held of them at once. It is read as text, parsed, and each
 * text is masked: that takes a few times as much memory.
 */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** After so many pages of a size that was made smaller, twice as large a one is tried. */
const PAGES_BEFORE_MORE = 20;
/** Records differ in size: not all the room is used. */
const SHARE = 0.8;

/** How many records are asked for at once of indices that had too large ones. */
export type PageSizes = {
  /** At most `wanted`. */
  of(indices: readonly string[], wanted: number): number;
  /** So many of these at most from now on. */
  shrink(indices: readonly string[], size: number): void;
  /** A page of these was not too large. */
  fitted(indices: readonly string[]): void;
};

export function createPageSizes(): PageSizes {
  const known = new Map<string, { size: number; pages: number }>();
  return {
    of: (indices, wanted) =>
      indices.reduce((least, index) => Math.min(least, known.get(index)?.size ?? wanted), wanted),
    shrink(indices, size) {
      for (const index of indices) known.set(index, { size, pages: 0 });
    },
    fitted(indices) {
      for (const index of indices) {
        const one = known.get(index);
        if (!one || ++one.pages < PAGES_BEFORE_MORE) continue;
        one.size *= 2;
        one.pages = 0;
        if (one.size > MOST_EVER) known.delete(index);
      }
    },
  };
}

/** Nobody asks for more. */
const MOST_EVER = 10_000;

/** How many to ask for where so many were too large; at least one. */
export function reducedSize(asked: number, { bytes }: AnswerTooLarge, maxBytes: number): number {
  const fitting = Math.floor((asked * maxBytes * SHARE) / bytes);
  return Math.max(1, Math.min(Math.floor(asked / 2), fitting));
}

/** Allowed to an answer with so many: one document alone is read however large it is. */
export function bytesFor(count: number, maxBytes = MAX_PAGE_BYTES): { maxAnswerBytes?: number } {
  return count > 1 ? { maxAnswerBytes: maxBytes } : {};
}

/** One page of an index, of as many as an answer has room for. */
export async function fetchPage<T>(
  { sizes, index, wanted }: { sizes: PageSizes; index: string; wanted: number },
  ask: (size: number, within: { maxAnswerBytes?: number }) => Promise<T>,
): Promise<T> {
  for (;;) {
    const size = sizes.of([index], wanted);
    try {
      const page = await ask(size, bytesFor(size));
      sizes.fitted([index]);
      return page;
    } catch (error) {
      if (!(error instanceof AnswerTooLarge)) throw error;
      sizes.shrink([index], reducedSize(size, error, MAX_PAGE_BYTES));
    }
  }
}

/** Asks for all of them, in as many parts as answers have room for; answers in their order. */
export async function fetchInPages<T, A>(
  items: readonly T[],
  { atOnce = items.length, maxBytes = MAX_PAGE_BYTES }: { atOnce?: number; maxBytes?: number },
  ask: (part: readonly T[], within: { maxAnswerBytes?: number }) => Promise<readonly A[]>,
): Promise<A[]> {
  const answers: A[] = [];
  for (let start = 0, size = atOnce; start < items.length;) {
    const part = items.slice(start, start + size);
    try {
      answers.push(...(await ask(part, bytesFor(part.length, maxBytes))));
      start += part.length;
    } catch (error) {
      if (!(error instanceof AnswerTooLarge)) throw error;
      size = reducedSize(part.length, error, maxBytes);
    }
  }
  return answers;
}
