import { isFaultKind, isTransient } from "../domain/fault-policy.ts";
import { count } from "../telemetry/phrases.ts";
import type { Condition } from "./condition.ts";
import { BUDGET_WAS_USED_UP, recordsWaiting, spent, together } from "../status/issues/impact.ts";
import type { Facts } from "../status/issues/facts.ts";
import { growthOf, growthWindowMs } from "../status/issues/backlog-growth.ts";

/** Starts of the schedule that may come to nothing before it is told. */
export const MISSED = 3;
const NEARLY = 0.8;

/** How the work goes: cycles, backlog, money, dead letters. */
export function workConditions(facts: Facts): Condition[] {
  return [
    noSuccess(facts),
    failedCycle(facts),
    growingBacklog(facts),
    nearlySpent(facts),
    deadLetters(facts),
  ].flatMap((condition) => condition ?? []);
}

function noSuccess(facts: Facts): Condition | undefined {
  const { cycles, startedAt, troubles } = facts;
  // A budget that is used up is told, and lets cycles come to nothing by intent.
  const heldBack = troubles.some(({ what }) => what === "budget");
  if (!cycles || cycles.missed < MISSED || heldBack) return undefined;
  const { missed, lastSuccess } = cycles;
  const last =
    lastSuccess === undefined
      ? "none since this process began"
      : `the last one ended at ${isoTime(lastSuccess).slice(0, 16).replace("T", " ")} UTC`;
  return {
    family: "no_success",
    which: "",
    severity: "critical",
    passing: false,
    since: lastSuccess ?? startedAt,
    title: `No successful cycle for ${MISSED} intervals`,
    past: "No cycle was successful",
    detail: `${count(missed, "start")} of the schedule came to nothing; ${last}`,
    ...together(recordsWaiting(facts)),
    todo: "log-vectorizer check tries everything that a cycle needs and says what fails.",
  };
}

/** One that a moment of outage ended is no news: the next one does what it did not. */
function failedCycle(facts: Facts): Condition | undefined {
  const { lastCycle, readiness } = facts;
  if (!facts.cycles || !lastCycle || lastCycle.error === null || !readiness.ready) return undefined;
  const kinds = Object.keys(lastCycle.faults).filter(isFaultKind);
  if (kinds.some(isTransient)) return undefined;
  return {
    family: "cycle",
    which: "",
    severity: "critical",
    passing: false,
    since: Date.parse(lastCycle.started_at),
    title: "The last cycle could not begin",
    past: "Cycles could not begin",
    // A mistake of ours comes with its place in the code, which is for the log.
    detail: lastCycle.error.split("\n", 1)[0] ?? "",
    ...together(recordsWaiting(facts)),
    todo: "log-vectorizer check tries everything that a cycle needs and says what fails.",
  };
}

function growingBacklog(facts: Facts): Condition | undefined {
  const { now, backlogIsHere, batchSize, longestGapMs } = facts;
  const windowMs = growthWindowMs(longestGapMs);
  const grown = backlogIsHere ? growthOf(facts) : "unknown";
  // Less than one cycle takes at once is no trend.
  if (typeof grown === "string" || grown.to - grown.from < batchSize) return undefined;
  return {
    family: "backlog",
    which: "",
    severity: "warning",
    passing: false,
    since: now - windowMs,
    title: `The backlog has been growing for ${inHours(windowMs)}`,
    past: "The backlog was growing",
    detail: `Its lows rose from ${grown.from} to ${count(grown.to, "record")}: more come than get their vector`,
    ...together(recordsWaiting(facts)),
    todo: "Raise BACKFILL_BATCH_SIZE or let BACKFILL_DRAIN=true go on until nothing is pending; where the embedder slows it down, its limits are the place to look.",
  };
}

function nearlySpent({ budget, ...facts }: Facts): Condition | undefined {
  if (!budget) return undefined;
  const { spentUsd, limitUsd, day } = budget;
  const ratio = spentUsd / limitUsd;
  if (ratio < NEARLY || facts.troubles.some(({ what, until }) => what === "budget" && until))
    return undefined;
  const isOver = ratio >= 1;
  return {
    family: "budget",
    which: "",
    severity: isOver ? "critical" : "warning",
    passing: false,
    since: facts.now,
    title: isOver ? "The budget of the day is used up" : "80 % of the day's budget is spent",
    past: isOver ? BUDGET_WAS_USED_UP : "80 % of the day's budget was spent",
    detail: `${spent(budget)} (${day}, UTC)`,
    ...together(recordsWaiting(facts)),
    todo: "Raise MAX_COST_USD_PER_DAY, or leave the rest to tomorrow: nothing is lost meanwhile.",
  };
}

function deadLetters({ letters: { burst } }: Facts): Condition | undefined {
  if (!burst) return undefined;
  const codes = [...burst.byCode].toSorted(([, a], [, b]) => b - a);
  const sum = codes.reduce((all, [, letters]) => all + letters, 0);
  return {
    family: "dead_letters",
    which: "",
    severity: "warning",
    passing: false,
    since: burst.since,
    title: "Dead letters appear",
    past: "Dead letters appeared",
    detail: `${count(sum, "message")} so far: ${codes.map(([code, letters]) => `${code} ${letters}`).join(", ")}`,
    cost: "what they hold gets no vector from the tail",
    todo: "log-vectorizer dlq list shows them with their reasons; dlq replay gives them another try.",
  };
}

function inHours(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours === 1 ? "an hour" : `${hours} hours`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
