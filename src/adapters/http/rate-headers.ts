import type { Allowance, Left } from "../../ports/embedder.ts";

type HeaderReader = Pick<Headers, "get">;

/** The longest wait by a header: some servers announce a day for a limit per minute. */
const LONGEST_MS = 3_600_000;
/** Greater numbers are timestamps since 1970: seconds, and milliseconds, from 2001 on. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

/** Milliseconds the server asks to wait, 0 to an hour; undefined where it does not say. */
export function retryAfterMs(headers: HeaderReader, nowMs: number): number | undefined {
  const ms = numberIn(headers.get("retry-after-ms"));
  if (ms !== undefined) return bounded(ms);
  const value = headers.get("retry-after");
  const seconds = numberIn(value);
  if (seconds !== undefined) return bounded(seconds * 1000);
  const date = dateIn(value);
  return date === undefined ? undefined : bounded(date - serverTime(headers, nowMs));
}

/**
 * The remaining allowance, by the headers of OpenAI that many servers share; a count without a name is of requests.
 * undefined without headers.
 */
export function allowanceIn(headers: HeaderReader, nowMs: number): Allowance | undefined {
  const requests = leftIn(headers, nowMs, "-requests") ?? leftIn(headers, nowMs, "");
  const tokens = leftIn(headers, nowMs, "-tokens");
  if (!requests && !tokens) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

/** How long until the exhausted allowance resets: tokens, unless no request is left. */
export function resetMs({ requests, tokens }: Allowance): number | undefined {
  const empty = [requests, tokens].filter((left) => left?.remaining === 0);
  const short = empty.length > 0 ? empty : [tokens ?? requests];
  const waits = short.flatMap((left) => (left ? [left.resetMs] : []));
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

function leftIn(headers: HeaderReader, nowMs: number, suffix: string): Left | undefined {
  const remaining = numberIn(headers.get(`x-ratelimit-remaining${suffix}`));
  const ms = untilReset(headers.get(`x-ratelimit-reset${suffix}`), serverTime(headers, nowMs));
  if (remaining === undefined || ms === undefined) return undefined;
  return { remaining: Math.floor(remaining), resetMs: bounded(ms) };
}

/** From now: `6m0s` or `20ms`, seconds, seconds or milliseconds since 1970, or a date. */
function untilReset(value: string | null, nowMs: number): number | undefined {
  const number = numberIn(value);
  if (number === undefined) {
    const date = dateIn(value);
    return date === undefined ? durationIn(value) : date - nowMs;
  }
  if (number >= EPOCH_MS) return number - nowMs;
  return number >= EPOCH_SECONDS ? number * 1000 - nowMs : number * 1000;
}

/** The server's clock where it sends a date: this process's may be an hour off. */
function serverTime(headers: HeaderReader, nowMs: number): number {
  return dateIn(headers.get("date")) ?? nowMs;
}

const NUMBER = /^\s*\d{1,15}(\.\d{1,15})?\s*$/;

function numberIn(value: string | null): number | undefined {
  return value !== null && NUMBER.test(value) ? Number(value) : undefined;
}

/** HTTP's date forms and ISO 8601; Date.parse alone accepts almost anything. */
const DATE =
  /^\s*([A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}.*|\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2}))\s*$/;

function dateIn(value: string | null): number | undefined {
  if (value === null || value.length > 50 || !DATE.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Go's format: `1h2m3.5s`. */
function durationIn(value: string | null): number | undefined {
  const text = value?.trim() ?? "";
  if (!/^(\d{1,15}(\.\d{1,15})?(ms|[smhd])){1,5}$/.test(text)) return undefined;
  const parts = text.matchAll(/([\d.]+)(ms|[smhd])/g);
  return [...parts].reduce((sum, [, n, unit = ""]) => sum + Number(n) * (UNIT_MS[unit] ?? 0), 0);
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), LONGEST_MS);
}
