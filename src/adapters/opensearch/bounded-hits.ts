import type { z } from "zod";
import { createSemaphore, type Semaphore } from "../../concurrency/semaphore.ts";
import { Fault } from "../../domain/faults.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import type { Gap } from "../../domain/partial.ts";
import { AnswerTooLarge } from "./bounded-answers.ts";
import { withTexts } from "./hit-texts.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import type { Completeness } from "./partial-answer.ts";
import { searchEachGroup, type Answered, type SearchKind } from "./search-groups.ts";

/** A longer answer is requested again without texts: parsing it would block the process. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** A thousand hits without texts take less, unless a document has huge fields. */
const MAX_TEXTLESS_BYTES = 4 * MAX_ANSWER_BYTES;
/** After one such answer the next searches leave the texts out at once. */
const SEARCHES_APART = 20;

/** Answers with texts that are read at once: a search asks by words and by vector, and each answer may be megabytes. */
const READ_AT_ONCE = 2;

/** `searches`: how many still read texts separately. `readers`: answers with texts wait for their turn. */
export type SeparateTexts = { searches: number; readonly readers: Semaphore };

export function createSeparateTexts(): SeparateTexts {
  return { searches: 0, readers: createSemaphore(READ_AT_ONCE) };
}

/**
 * Searches for hits with their texts; where those are too large, without (`texts` is false), and the caller reads them in
 * small requests. Throws a Fault.
 */
export async function searchBounded<T extends Completeness>(
  api: IsolatingApi,
  groups: readonly (readonly IndexShape[])[],
  bodyOf: (group: readonly IndexShape[], texts: boolean) => Query,
  answer: z.ZodType<T>,
  { separateTexts, ...kind }: { separateTexts: SeparateTexts } & SearchKind,
  signal: AbortSignal,
): Promise<{ answers: Answered<IndexShape, T>[]; gaps: Gap[]; texts: boolean }> {
  const search = (texts: boolean) =>
    searchEachGroup(api, groups, (group) => bodyOf(group, texts), answer, signal, {
      ...kind,
      maxAnswerBytes: texts ? MAX_ANSWER_BYTES : MAX_TEXTLESS_BYTES,
    });
  const together = await inTurn(separateTexts, signal, async () => {
    // By now another search may have met texts that are too large.
    if (separateTexts.searches-- > 0) return undefined;
    const whole = await search(true).catch(ifTooLarge);
    separateTexts.searches = whole ? 0 : SEARCHES_APART;
    return whole;
  });
  if (together) return { ...together, texts: true };
  return { ...(await search(false).catch(refuseTooLarge)), texts: false };
}

/** The heads of texts that were left out, as `withTexts`, once fewer answers with texts are being read. */
export function readTexts<Hit extends { record: LogRecord }>(
  api: IsolatingApi,
  hits: readonly Hit[],
  { separateTexts, ...known }: Parameters<typeof withTexts>[2] & { separateTexts: SeparateTexts },
  signal: AbortSignal,
): ReturnType<typeof withTexts<Hit>> {
  return inTurn(separateTexts, signal, () => withTexts(api, hits, known, signal));
}

async function inTurn<T>(
  { readers }: SeparateTexts,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T> {
  // Without a turn the signal has aborted, and the request ends at once.
  const leave = await readers.acquire(signal);
  try {
    return await read();
  } finally {
    leave?.();
  }
}

function ifTooLarge(error: unknown): undefined {
  if (!(error instanceof AnswerTooLarge)) throw error;
}

function refuseTooLarge(error: unknown): never {
  if (!(error instanceof AnswerTooLarge)) throw error;
  throw new Fault("index", `the hits are too large even without their messages: ${error.message}`, {
    hint: "Ask for fewer by a filter; some of their fields (service, level, time, stamp) are megabytes long.",
    cause: error,
  });
}
