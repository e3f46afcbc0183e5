import type { Anomaly } from "../../domain/anomaly.ts";
import type { SpentToday } from "../../limits/spending.ts";
import type { History } from "../overview/history.ts";
import type { IssueFacts } from "./facts.ts";

/** The cycles that a process runs. */
export type Schedule = {
  next(): Date | undefined;
  /** From one start to the next; 0 where there is none. */
  longestGapMs(): number;
  /** Records that one cycle takes. */
  batchSize: number;
};

export type ProcessFactsDeps = {
  history: Pick<History, "cycles" | "running" | "backlog" | "reported" | "deadLetters" | "missed">;
  /** undefined where this process runs no cycles. */
  schedule: Schedule | undefined;
  anomalies: readonly Anomaly[];
};

/** What a process knows of itself, without a request. */
export function factsOfProcess({
  history,
  schedule,
  anomalies,
}: ProcessFactsDeps): Pick<
  IssueFacts,
  "reported" | "cycles" | "backlog" | "deadLetters" | "anomalies"
> {
  return {
    reported: history.reported(),
    cycles: schedule && {
      ...history.missed(schedule.next()),
      last: history.cycles().at(-1),
      running: history.running() !== undefined,
      batchSize: schedule.batchSize,
      longestGapMs: schedule.longestGapMs(),
    },
    backlog: history.backlog(),
    deadLetters: history.deadLetters.burst(),
    anomalies,
  };
}

/** undefined without a limit, or where no price is known. */
export function budgetOf({
  day,
  cost_usd: cost,
  limit_usd: limit,
  unpriced_tokens: unpriced,
}: SpentToday): IssueFacts["budget"] {
  if (cost === null || limit === null) return undefined;
  const more = unpriced === undefined ? {} : { unpricedTokens: unpriced };
  return { day, spentUsd: cost, limitUsd: limit, ...more };
}
