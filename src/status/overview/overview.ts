import type { Anomaly } from "../../domain/anomaly.ts";
import type { SpentMonth } from "../../limits/spent-month.ts";
import type { Role } from "../heartbeat.ts";
import type { Readiness } from "../readiness.ts";
import type { Status } from "../status-shape.ts";
import { Fault } from "../../domain/faults.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConsumerTally, ConsumerRole } from "../../ports/consumer-events.ts";
import type { History, Pace, RunningCycle } from "./history.ts";
import type { BacklogPoint } from "./backlog-history.ts";
import type { PastCycle } from "./past-cycles.ts";
import type { Saved } from "./daily-vector-counts.ts";
import { overallStatus, type OverallStatus } from "./overall-status.ts";
import type { Issue } from "../issues/issue.ts";
import { issuesOf } from "../issues/issues.ts";
import { NO_FACTS } from "../issues/facts.ts";
import { budgetOf, factsOfProcess, type Schedule } from "../issues/process-facts.ts";

/** What a person wants to know of a process at one look; GET /api/v1/overview, and what the page is made of. */
export type Overview = {
  version: string;
  role: Role;
  /** Times are ISO 8601, UTC. */
  now: string;
  started_at: string;
  state: OverallStatus;
  /** Coverage and backlog; null where OpenSearch could not be asked, and why. */
  coverage: Omit<Status, "daemon" | "tail" | "worker" | "kafka" | "processes" | "issues"> | null;
  coverage_error: { kind: string; message: string } | null;
  backlog: readonly BacklogPoint[];
  cycles: {
    running: RunningCycle | null;
    /** The latest fifty, oldest first. */
    past: readonly PastCycle[];
    /** null where none is due. */
    next_run_at: string | null;
    /** Whether this process runs cycles at all. */
    here: boolean;
  };
  /** null where this process reads no topic. */
  consumer: {
    role: ConsumerRole;
    tally: ConsumerTally;
    /** Records whose document is not there yet. */
    waiting: number;
    /** Messages behind, over all groups; null where it is not known. */
    lag: number | null;
    pace: Pace | null;
  } | null;
  embedder: { name: string; model: string; dimensions: number };
  dependencies: Readiness["dependencies"];
  /** What is wrong, in the order in which people should hear of it. */
  issues: readonly Issue[];
  /** What takes longer than usual at this hour, or fails more often. */
  anomalies: readonly Anomaly[];
  money: {
    today: Status["spent_today"] | null;
    month: SpentMonth;
    /** Of this month. */
    saved: Saved;
  };
};

export type OverviewDeps = {
  version: string;
  role: Role;
  startedAt: number;
  clock: Pick<Clock, "now">;
  history: History;
  anomalies(): Anomaly[];
  status(): Promise<Status>;
  readiness(): Promise<Readiness>;
  spentMonth(): Promise<SpentMonth>;
  /** undefined where this process runs no cycles. */
  schedule: Schedule | undefined;
  consumer: { role: ConsumerRole; tally(): ConsumerTally; waiting(): number } | undefined;
  embedder: { name: string; model: string; dimensions: number };
};

/** Fresh logs are being worked on where one got its vector within so long. */
const BUSY_MS = 2 * 60_000;

/** Never throws a Fault: what cannot be asked is said. */
export async function readOverview(deps: OverviewDeps): Promise<Overview> {
  const { clock, history, consumer, schedule, version, role, embedder } = deps;
  const [status, readiness, month] = await Promise.all([
    orFault(deps.status()),
    deps.readiness(),
    deps.spentMonth(),
  ]);
  const counted = status instanceof Fault ? undefined : status;
  if (counted) history.counted(counted.total.pending);
  const next = schedule?.next()?.toISOString();
  const past = history.cycles();
  const running = history.running();
  const pace = consumer && history.pace(consumer.role);
  const anomalies = deps.anomalies();
  const issues = issuesOf({
    ...NO_FACTS,
    ...factsOfProcess({ history, schedule, anomalies }),
    now: clock.now(),
    dependencies: readiness.dependencies,
    budget: counted && budgetOf(counted.spent_today),
    lag: counted?.kafka?.lag ?? pace?.lag ?? undefined,
    counted,
    uncounted: status instanceof Fault ? status : undefined,
  });
  const { model, dimensions, name } = embedder;
  return {
    version,
    role,
    now: isoTime(clock.now()),
    started_at: isoTime(deps.startedAt),
    state: overallStatus({
      issues,
      running,
      counts: counted && {
        pending: counted.total.pending,
        otherModel: counted.total.other_model,
      },
      tailIsBusy: isBusy(pace, clock.now()),
      nextRunAt: next,
    }),
    coverage: counted ? coverageOf(counted) : null,
    coverage_error: status instanceof Fault ? { kind: status.kind, message: status.message } : null,
    backlog: history.backlog(),
    cycles: {
      running: running ?? null,
      past,
      next_run_at: next ?? null,
      here: schedule !== undefined,
    },
    consumer: consumer
      ? {
          role: consumer.role,
          tally: consumer.tally(),
          waiting: consumer.waiting(),
          lag: counted?.kafka?.lag ?? pace?.lag ?? null,
          pace: pace ?? null,
        }
      : null,
    embedder: { name, model, dimensions },
    dependencies: readiness.dependencies,
    issues,
    anomalies,
    money: {
      today: counted?.spent_today ?? null,
      month,
      saved: await history.saved(month.month),
    },
  };
}

function coverageOf(status: Status): Overview["coverage"] {
  const { indices, total, model, other_models, unfit, textless } = status;
  const { unsearchable, looping, gaps, breaker, spent_today } = status;
  const faults = { unfit, textless, unsearchable, looping, gaps, breaker };
  return { indices, total, model, other_models, ...faults, spent_today };
}

function isBusy(pace: Pace | undefined, now: number): boolean {
  return pace !== undefined && pace.vectorsPerSecond > 0 && now - Date.parse(pace.at) < BUSY_MS;
}

async function orFault<T>(answer: Promise<T>): Promise<T | Fault> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
