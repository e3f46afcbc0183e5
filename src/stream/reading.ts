import type { Target } from "../ports/log-store.ts";

/** Why a message, or one record of it, is a dead letter; stands in the dead letter's header. */
export const DEAD_LETTER_CODES = [
  "null_value",
  "not_json",
  "not_an_object",
  "schema",
  "no_id",
  "no_text",
  "no_index",
  "not_a_reference",
  "refused",
  "batch_not_read",
  "too_large",
] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

export type Problem = { code: DeadLetterCode; reason: string };

/** What a message comes to. */
export type Reading = {
  /** Records that are none of ours. */
  passedOver: number;
  /** Documents that its records are about. */
  targets: readonly Target[];
  /** Each makes the message a dead letter. */
  problems: readonly Problem[];
};

/** Reads the value of a message; never throws. */
export type ReadMessage = (value: Buffer | null) => Reading;

/** One record that is none of ours. */
export const PASSED_OVER: Reading = { passedOver: 1, targets: [], problems: [] };

export function problem(code: DeadLetterCode, reason: string): Reading {
  return { passedOver: 0, targets: [], problems: [{ code, reason }] };
}
