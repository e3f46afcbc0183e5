import type { Target } from "../ports/record-store.ts";

/** Why a message, or one record of it, is a dead letter; the value of its `dlq.error.code` header. */
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

export type Reading = {
  passedOver: number;
  targets: readonly Target[];
  /** With any of these the message becomes a dead letter. */
  problems: readonly Problem[];
};

/** Never throws. */
export type ReadMessage = (value: Buffer | null) => Reading;

export const PASSED_OVER: Reading = { passedOver: 1, targets: [], problems: [] };

export function problem(code: DeadLetterCode, reason: string): Reading {
  return { passedOver: 0, targets: [], problems: [{ code, reason }] };
}
