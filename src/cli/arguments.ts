import { InvalidArgumentError } from "commander";
import { isGroupId } from "../domain/group.ts";
import { POINT_IN_TIME, pointInTime, TIME_TO_COME, timeToCome } from "../search/point-in-time.ts";
import { DEAD_LETTER_CODES } from "../stream/reading.ts";

export function deadLetterCodes(text: string): string[] {
  const codes = text.split(",").map((code) => code.trim().toLowerCase());
  const known: readonly string[] = DEAD_LETTER_CODES;
  const unknown = codes.find((code) => !known.includes(code));
  if (unknown === undefined) return codes;
  throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(", ")}.`);
}

/** Milliseconds since the epoch, from ISO 8601 or an age. */
export function time(text: string): number {
  const at = pointInTime(text, Date.now());
  if (at !== undefined) return at;
  throw new InvalidArgumentError(`Not ${POINT_IN_TIME}.`);
}

/** Milliseconds since the epoch, from ISO 8601 or a span from now on. */
export function endTime(text: string): number {
  const at = timeToCome(text, Date.now());
  if (at !== undefined) return at;
  throw new InvalidArgumentError(`Not ${TIME_TO_COME}.`);
}

export function hitLimit(text: string): number {
  if (/^[1-9]\d?$|^100$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Not a whole number from 1 to 100.");
}

export function similarity(text: string): number {
  if (/^(0(\.\d{1,10})?|1(\.0{1,10})?|\.\d{1,10})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Not a number from 0 to 1, such as 0.8.");
}

export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Not a whole number from 1 to 999999.");
}

export function groupId(text: string): string {
  const id = text.toLowerCase();
  if (isGroupId(id)) return id;
  throw new InvalidArgumentError(
    "Not the id of a group: 16 hex digits, as groups list shows them.",
  );
}
