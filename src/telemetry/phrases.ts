import { count } from "../domain/count.ts";
import { usd } from "../domain/usd.ts";
import { failures, vectorsWritten, type Outcomes } from "../domain/outcome.ts";
import {
  SET_PRICE,
  type CycleSummary,
  type ReembedSummary,
  type SweepSummary,
  type Totals,
} from "../domain/summary.ts";

/** A count of a partial answer is unknown. */
export function known(counted: number | null): string {
  return counted === null ? "unknown" : String(counted);
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

export { count, usd };

type Spent = {
  tokens: number;
  cost_usd: number | null;
  unpriced_tokens?: number;
  limit_usd: number | null;
};

/** "2112 tokens, $0.02 of $0.05 (MAX_COST_USD_PER_DAY)."; tokens without a known price are named. */
export function spentWords({ tokens, cost_usd: cost, unpriced_tokens, limit_usd }: Spent): string {
  const limit = limit_usd === null ? undefined : `${usd(limit_usd)} (MAX_COST_USD_PER_DAY)`;
  const unpriced = cost === null ? tokens : (unpriced_tokens ?? 0);
  const sum = cost === null ? "" : `, ${unpriced > 0 ? "at least " : ""}${usd(cost)}`;
  const spent = `${count(tokens, "token")}${sum}${cost !== null && limit ? ` of ${limit}` : ""}.`;
  if (unpriced === 0) return spent;
  const all = tokens === 1 ? "Its price is" : "Their price is";
  const which = cost === null ? all : `The price of ${unpriced} of them is`;
  const named = cost === null ? `the limit of ${limit}` : "that limit";
  const uncounted = limit ? `, so ${named} does not count this use` : "";
  return `${spent} ${which} not known${uncounted}. ${SET_PRICE}`;
}

export function timeOfDay(time: Date): string {
  return `${time.toISOString().slice(11, 19)} UTC`;
}

export function summaryLine(
  name: string,
  summary: CycleSummary,
  totals: Totals,
  nextRunAt?: Date,
): string {
  const { outcomes, duration_ms: ms, backlog, looping, embedding } = summary;
  const { false_marks: falseMarks } = summary;
  return [
    `${name} summary: duration ${seconds(ms, 2)}`,
    `vectors ${vectorsWritten(outcomes)} (total ${totals.vectors})`,
    ...outcomeWords(outcomes, ms),
    `backlog ${known(backlog)}`,
    ...(looping > 0 ? [`looping ${looping}`] : []),
    ...(falseMarks > 0 ? [`false marks ${falseMarks}`] : []),
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
    `of another model still ${known(left)}`,
    ...(embedding.cost_usd ? [usd(embedding.cost_usd)] : []),
  ].join(" · ");
}

export function sweepLine(summary: SweepSummary): string {
  const { outcomes, embedding, failed } = summary;
  const rest = [
    ["of another model", summary.other_model],
    ["of another text version", summary.other_text_version],
    ["of another key", summary.other_key],
    ["unsigned", summary.unsigned],
  ] as const;
  return [
    `Sweep summary: duration ${seconds(summary.duration_ms, 2)}`,
    `looked at ${summary.looked_at}`,
    `message changed ${summary.text_changed}`,
    `vectors ${vectorsWritten(outcomes)} (${outcomes.reused} reused)`,
    ...(outcomes.empty > 0 ? [`empty ${outcomes.empty}`] : []),
    ...(outcomes.missing > 0 ? [`missing ${outcomes.missing}`] : []),
    `errors ${failed}`,
    ...rest.filter(([, n]) => n > 0).map(([what, n]) => `${what} ${n}`),
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
