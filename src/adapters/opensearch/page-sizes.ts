import { AnswerTooLarge } from "./bounded-answers.ts";

/** Bytes of one answer with texts. It is held as text, parsed and redacted, so memory use is several times that. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** After that many pages at a reduced size, the size is doubled. */
const PAGES_BEFORE_MORE = 20;
/** Leaves headroom, because records differ in size. */
const SHARE = 0.8;

/** Page sizes, reduced for indices with large records. */
export type PageSizes = {
  of(indices: readonly string[], wanted: number): number;
  /** Sets the size for these indices. */
  shrink(indices: readonly string[], size: number): void;
  /** Reports that a page fitted. */
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

/** No page is larger. */
const MOST_EVER = 10_000;

/** The page size after one that was too large; at least 1. */
export function reducedSize(asked: number, { bytes }: AnswerTooLarge, maxBytes: number): number {
  const fitting = Math.floor((asked * maxBytes * SHARE) / bytes);
  return Math.max(1, Math.min(Math.floor(asked / 2), fitting));
}

/** The byte limit for a page; a single document is read whatever its size. */
export function bytesFor(count: number, maxBytes = MAX_PAGE_BYTES): { maxAnswerBytes?: number } {
  return count > 1 ? { maxAnswerBytes: maxBytes } : {};
}

/** Reads one page of an index and shrinks it until the answer fits. */
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

/** Reads all items in as many requests as answers have room for; answers in the items' order. */
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
