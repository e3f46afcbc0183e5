/** ISO 8601, UTC. `ms`: milliseconds since the epoch. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** null without a time, or where a store's date is one that JavaScript's Date cannot hold. */
export function isoTimeIn(ms: number | undefined): string | null {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
