const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Accepted formats, for messages. */
export const POINT_IN_TIME =
  "ISO 8601, such as 2026-01-31T12:00:00Z (UTC without a zone), or an age, such as 2h";

/** Milliseconds since the epoch of an ISO 8601 time or an age; undefined where it is neither. */
export function pointInTime(text: string, now: number): number | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(inUtc(text)) : Number.NaN;
  return Number.isFinite(at) ? at : undefined;
}

/** JavaScript would read a time without a zone as local. */
function inUtc(text: string): string {
  return /[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$/.test(text) ? `${text}Z` : text;
}
