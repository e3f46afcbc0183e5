import { wantedLevels } from "../domain/log-format/level.ts";

const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Whether a message must be parsed: its bytes contain a wanted level (or an escape that may hide one), or do not look
 * like complete JSON. A byte scan costs a fraction of parsing.
 */
export function createLevelPrefilter(levels: readonly string[]): (value: Buffer) => boolean {
  const wanted = new RegExp(String.raw`${wantedLevels(levels).pattern}|\\u00`, "i");
  // JSON may escape quotes, slashes and backslashes.
  const plain = levels.every((level) => /^[\x20-\x7e]+$/.test(level) && !/["/\\]/.test(level));
  return (value) => !plain || !looksWhole(value) || wanted.test(value.toString("latin1"));
}

function looksWhole(value: Buffer): boolean {
  let start = 0;
  while (start < value.length && BLANK.has(value[start] ?? 0)) start++;
  let end = value.length - 1;
  while (end > start && BLANK.has(value[end] ?? 0)) end--;
  return OPENING.has(value[start] ?? 0) && CLOSING.has(value[end] ?? 0);
}
