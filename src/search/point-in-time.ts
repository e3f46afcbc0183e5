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

/** Accepted formats of what is to come. */
export const TIME_TO_COME =
  "ISO 8601, such as 2026-01-31T12:00:00Z (UTC without a zone), or a time from now on, such as 3d";

/** The same of a time to come: "2h" is in two hours. It is not checked whether an ISO 8601 time is past. */
export function timeToCome(text: string, now: number): number | undefined {
  const at = pointInTime(text, now);
  return at !== undefined && /^\d+[smhd]$/.test(text) ? 2 * now - at : at;
}

/** JavaScript would read a time without a zone as local. */
function inUtc(text: string): string {
  return /[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$/.test(text) ? `${text}Z` : text;
}
