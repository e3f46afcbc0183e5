import { failures, vectorsWritten, type Outcomes } from "../model/outcome.ts";
import type { CycleSummary, ReembedSummary, Totals } from "../model/summary.ts";

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
  return [
    `${name} summary: duration ${seconds(ms, 2)}`,
    `vectors ${vectorsWritten(outcomes)} (total ${totals.vectors})`,
    ...outcomeWords(outcomes, ms),
    `backlog ${backlog}`,
    ...(embedding.cost_usd ? [usd(embedding.cost_usd)] : []),
    ...(nextRunAt ? [`next run ${timeOfDay(nextRunAt)}`] : []),
  ].join(" · ");
}

export function reembedLine({
  outcomes,
  duration_ms: ms,
  left,
  embedding,
}: ReembedSummary): string {
  return [
    `Re-embedding summary: duration ${seconds(ms, 2)}`,
    `vectors ${vectorsWritten(outcomes)} (${outcomes.reused} reused)`,
    ...outcomeWords(outcomes, ms),
    `of another model still ${left}`,
    ...(embedding.cost_usd ? [usd(embedding.cost_usd)] : []),
  ].join(" · ");
}

function outcomeWords(outcomes: Outcomes, ms: number): string[] {
  const rate = ms > 0 ? (vectorsWritten(outcomes) / ms) * 1000 : 0;
  const rest = [
    ["empty", outcomes.empty],
    ["missing", outcomes.missing],
    ["conflicted", outcomes.conflicted],
    ["already vectorized", outcomes.already_vectorized],
  ] as const;
  return [
    `${rate.toFixed(2)} vectors/s`,
    `errors ${failures(outcomes)}`,
    ...rest.filter(([, n]) => n > 0).map(([what, n]) => `${what} ${n}`),
  ];
}
