import { InvalidArgumentError } from "commander";
import { DEAD_LETTER_CODES } from "../tail/reading.ts";

/** Comma-separated reasons of dead letters. */
export function deadLetterCodes(text: string): string[] {
  const codes = text.split(",").map((code) => code.trim().toLowerCase());
  const known: readonly string[] = DEAD_LETTER_CODES;
  const unknown = codes.find((code) => !known.includes(code));
  if (unknown === undefined) return codes;
  throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(", ")}.`);
}

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A point in time, in milliseconds since the epoch: ISO 8601, or how long ago. */
export function time(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Date.now() - Number(count) * (UNIT_MS[unit] ?? 0);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError(
    "Neither ISO 8601, such as 2026-01-31T12:00:00Z, nor an age, such as 2h.",
  );
}

export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Not a whole number from 1 to 999999.");
}
