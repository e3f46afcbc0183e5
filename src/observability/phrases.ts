import { failures, vectorsWritten } from "../model/outcome.ts";
import type { CycleSummary, Totals } from "../model/summary.ts";

/** "1 text", "2 texts". */
export function count(number: number, noun: string): string {
  const plural = noun.endsWith("x")
    ? `${noun.slice(0, -2)}ices`
    : `${noun}${/(ch|s)$/.test(noun) ? "es" : "s"}`;
  return `${number} ${number === 1 ? noun : plural}`;
}

export function seconds(ms: number, digits = 1): string {
  return `${(ms / 1000).toFixed(digits)} s`;
}

/** "850 ms", "12.4 s", "3 min 20 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** Of whole seconds: "83 s", "12 min", "2 h 5 min", "3 days 4 h"; less than two minutes stay seconds. */
export function lasted(s: number): string {
  if (s < 1) return "less than 1 s";
  if (s < 120) return `${s} s`;
  const units = [
    [count(Math.floor(s / 86_400), "day"), Math.floor(s / 86_400)],
    [`${Math.floor(s / 3600) % 24} h`, Math.floor(s / 3600) % 24],
    [`${Math.floor(s / 60) % 60} min`, Math.floor(s / 60) % 60],
    [`${s % 60} s`, s % 60],
  ] as const;
  const first = units.findIndex(([, n]) => n > 0);
  const shown = units.slice(first, first + 2).filter(([, n]) => n > 0);
  return shown.map(([text]) => text).join(" ");
}

/** "2 h 05 min", "3 min 20 s", "12 s". */
export function timeLeft(left: number | null): string {
  if (left === null) return "unknown";
  const s = Math.ceil(left);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** Small sums need their small digits. */
export function usd(amount: number | null): string {
  if (amount === null) return "cost unknown";
  return `$${amount === 0 ? "0" : amount.toFixed(amount < 0.01 ? 6 : 2)}`;
}

/** Of a point in time, its time of day in UTC. */
export function timeOfDay(time: Date): string {
  return `${time.toISOString().slice(11, 19)} UTC`;
}

export function summaryLine(
  name: string,
  summary: CycleSummary,
  totals: Totals,
  nextRunAt?: Date,
): string {
  const { outcomes, duration_ms: ms, backlog, embedding } = summary;
  const vectors = vectorsWritten(outcomes);
  const rate = ms > 0 ? (vectors / ms) * 1000 : 0;
  const rest = [
    ["empty", outcomes.empty],
    ["missing", outcomes.missing],
    ["conflicted", outcomes.conflicted],
    ["already vectorized", outcomes.already_vectorized],
  ] as const;
  return [
    `${name} summary: duration ${seconds(ms, 2)}`,
    `vectors ${vectors} (total ${totals.vectors})`,
    `${rate.toFixed(2)} vectors/s`,
    `errors ${failures(outcomes)}`,
    ...rest.filter(([, n]) => n > 0).map(([what, n]) => `${what} ${n}`),
    `backlog ${backlog}`,
    ...(embedding.cost_usd ? [usd(embedding.cost_usd)] : []),
    ...(nextRunAt ? [`next run ${timeOfDay(nextRunAt)}`] : []),
  ].join(" · ");
}
