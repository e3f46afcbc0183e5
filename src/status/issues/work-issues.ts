import { isoTime } from "../../domain/iso-time.ts";
import { count } from "../../domain/count.ts";
import { isFaultKind, isTransient } from "../../domain/fault-policy.ts";
import { gotNowhere } from "../overview/past-cycles.ts";
import { growthOf, growthWindowMs } from "./backlog-growth.ts";
import type { IssueFacts } from "./facts.ts";
import { recordsWaiting, spent, together } from "./impact.ts";
import type { Issue } from "./issue.ts";

/** Starts of the schedule that may come to nothing before that is an issue. */
export const MISSED = 3;
const NEARLY = 0.8;
const CHECK = "log-vectorizer check tries everything that a cycle needs and says what fails.";

/** How the work goes: cycles, backlog, money, dead letters, what is unusual. */
export function workIssues(facts: IssueFacts): Issue[] {
  return [
    ...noSuccess(facts),
    ...failedCycle(facts),
    ...fruitlessCycle(facts),
    ...growingBacklog(facts),
    ...nearlySpent(facts),
    ...deadLetters(facts),
    ...unusual(facts),
  ];
}

const HERE = { which: "", subject: { kind: "process", name: "" }, transient: false } as const;

function isReported({ reported }: IssueFacts, ...ids: IssueFacts["reported"][number]["id"][]) {
  return reported.some(({ id }) => ids.includes(id));
}

function noSuccess(facts: IssueFacts): Issue[] {
  const { cycles } = facts;
  // A budget that is used up is an issue of its own, and lets cycles come to nothing by intent.
  const isHeldBack = isReported(facts, "budget", "cycle_budget");
  if (!cycles || cycles.missed < MISSED || isHeldBack) return [];
  const { missed, lastSuccess, startedAt } = cycles;
  const last =
    lastSuccess === undefined
      ? "none since this process started"
      : `the last one ended at ${isoTime(lastSuccess).slice(0, 16).replace("T", " ")} UTC`;
  return [
    {
      ...HERE,
      id: "no_success",
      severity: "critical",
      since: isoTime(lastSuccess ?? startedAt),
      title: `No successful cycle for ${MISSED} intervals`,
      past: "No cycle was successful",
      detail: `${count(missed, "start")} of the schedule brought no success; ${last}`,
      ...together(recordsWaiting(facts)),
      action: CHECK,
    },
  ];
}

function failedCycle(facts: IssueFacts): Issue[] {
  const { cycles, dependencies } = facts;
  const last = cycles?.last;
  if (!cycles || !last || last.error === null) return [];
  const kinds = Object.keys(last.faults).filter(isFaultKind);
  const cause = dependencies.find(({ error }) => error !== null);
  return [
    {
      ...HERE,
      id: "cycle",
      // One that a moment of outage ended is no news: the next one does what it did not.
      severity: kinds.some(isTransient) ? "info" : "critical",
      since: last.started_at,
      title: "The last cycle could not begin",
      past: "Cycles could not begin",
      // A mistake of ours comes with its place in the code, which is for the log.
      detail: last.error.split("\n", 1)[0] ?? "",
      ...together(recordsWaiting(facts)),
      action: CHECK,
      ...(cycles.running ? {} : { effect: "stuck" as const }),
      ...(cause ? { follows_from: cause.name } : {}),
    },
  ];
}

/** A cycle that gave not one of its records a vector, and nothing is known that held it back. */
function fruitlessCycle(facts: IssueFacts): Issue[] {
  const { cycles } = facts;
  const last = cycles?.last;
  if (!last || cycles.running || last.error !== null || !gotNowhere(last)) return [];
  if (isReported(facts, "budget", "cycle_budget", "limit", "index")) return [];
  const { taken, deferred, quarantined, faults } = last;
  const kinds = Object.entries(faults).map(([kind, records]) => `${kind} ${records}`);
  const by = kinds.length === 0 ? "" : ` (by kind of failure: ${kinds.join(", ")})`;
  return [
    {
      ...HERE,
      id: "fruitless_cycle",
      severity: "info",
      since: last.started_at,
      title:
        taken === 1
          ? "The only record of the last cycle got no vector"
          : `None of the ${count(taken, "record")} of the last cycle got a vector`,
      past: "A cycle gave no record its vector",
      detail: `${deferred} stay pending, ${quarantined} went to the quarantine${by}`,
      ...together(recordsWaiting(facts)),
      action: CHECK,
      effect: "stuck",
    },
  ];
}

function growingBacklog(facts: IssueFacts): Issue[] {
  const { now, cycles } = facts;
  if (!cycles) return [];
  const grown = growthOf(facts.backlog, now, cycles);
  // Less than one cycle takes at once is no trend.
  if (typeof grown === "string" || grown.to - grown.from < cycles.batchSize) return [];
  const windowMs = growthWindowMs(cycles.longestGapMs);
  return [
    {
      ...HERE,
      id: "backlog",
      severity: "warning",
      since: isoTime(now - windowMs),
      title: `The backlog has been growing for ${inHours(windowMs)}`,
      past: "The backlog was growing",
      detail: `The lowest counts rose from ${grown.from} to ${count(grown.to, "record")}: more records come than get a vector`,
      ...together(recordsWaiting(facts)),
      action:
        "Raise BACKFILL_BATCH_SIZE, or set BACKFILL_DRAIN=true so that a cycle continues until nothing is pending. Where the embedder is the bottleneck, raise its limits.",
    },
  ];
}

function nearlySpent(facts: IssueFacts): Issue[] {
  const { budget } = facts;
  if (!budget || isReported(facts, "budget")) return [];
  const { spentUsd, limitUsd, day } = budget;
  const ratio = spentUsd / limitUsd;
  if (ratio < NEARLY) return [];
  const isOver = ratio >= 1;
  return [
    {
      ...HERE,
      id: "budget",
      severity: isOver ? "critical" : "warning",
      since: null,
      title: isOver ? "The budget of the day is used up" : "80 % of the day's budget is spent",
      past: isOver ? "The budget of the day was used up" : "80 % of the day's budget was spent",
      detail: `${spent(budget)} (${day}, UTC)`,
      ...together(recordsWaiting(facts)),
      action:
        "Raise MAX_COST_USD_PER_DAY, or leave the rest to tomorrow: nothing is lost meanwhile.",
    },
  ];
}

function deadLetters({ deadLetters: burst }: IssueFacts): Issue[] {
  if (!burst) return [];
  const codes = [...burst.byCode].toSorted(([, a], [, b]) => b - a);
  const sum = codes.reduce((all, [, messages]) => all + messages, 0);
  return [
    {
      ...HERE,
      id: "dead_letters",
      severity: "warning",
      since: isoTime(burst.since),
      title: "Messages become dead letters",
      past: "Messages became dead letters",
      detail: `${count(sum, "message")} so far: ${codes.map(([code, messages]) => `${code} ${messages}`).join(", ")}`,
      impact: "their records get no vector from the tail",
      action:
        "log-vectorizer dlq list shows them with their reasons; dlq replay tries their records again.",
    },
  ];
}

const UNUSUAL: Readonly<Record<string, [title: string, past: string]>> = {
  select: ["Finding records is slower than usual", "Finding records was slower than usual"],
  embed: ["Embedding is slower than usual", "Embedding was slower than usual"],
  write: ["Writing is slower than usual", "Writing was slower than usual"],
  cycle: ["Cycles take longer than usual", "Cycles took longer than usual"],
  search: ["Search is slower than usual", "Search was slower than usual"],
  errors: ["More fails than usual", "More failed than usual"],
};

function unusual({ anomalies }: IssueFacts): Issue[] {
  return anomalies.map(({ series, since, sentence }) => {
    const [title, past] = UNUSUAL[series] ?? [`Unusual: ${series}`, `Unusual: ${series}`];
    return {
      id: "anomaly",
      which: series,
      subject: { kind: "process", name: "" },
      severity: "warning",
      since,
      transient: true,
      title,
      past,
      detail: sentence,
      action: "Compare it with deployments and load at that time; nothing need be wrong.",
    };
  });
}

function inHours(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours === 1 ? "an hour" : `${hours} hours`;
}
