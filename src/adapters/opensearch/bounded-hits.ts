import type { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { Gap } from "../../domain/partial.ts";
import { AnswerTooLarge } from "./bounded-answers.ts";
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

/** Counts the searches that still read texts separately. */
export type SeparateTexts = { searches: number };

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
  const isApart = separateTexts.searches > 0;
  if (isApart) separateTexts.searches--;
  const together = isApart ? undefined : await search(true).catch(ifTooLarge);
  if (together) return { ...together, texts: true };
  if (!isApart) separateTexts.searches = SEARCHES_APART;
  return { ...(await search(false).catch(refuseTooLarge)), texts: false };
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
