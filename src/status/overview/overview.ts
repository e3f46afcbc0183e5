import { isoTime } from "../../domain/iso-time.ts";
import { z } from "zod";
import { anomalyShape, type Anomaly } from "../../domain/anomaly.ts";
import { Fault, orFault } from "../../domain/faults.ts";
import { spentTodayShape } from "../../limits/spending.ts";
import { spentMonthShape, type SpentMonth } from "../../limits/spent-month.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  consumerTallyShape,
  type ConsumerTally,
  type ConsumerRole,
} from "../../ports/consumer-events.ts";
import { ROLES, type Role } from "../heartbeat.ts";
import { dependencyShape, type Readiness } from "../ready-answer.ts";
import { statusShape, type Status } from "../status-shape.ts";
import { runningCycleShape, paceShape, type History } from "./history.ts";
import { backlogPointShape } from "./backlog-history.ts";
import { pastCycleShape } from "./past-cycles.ts";
import { savedShape } from "./daily-vector-counts.ts";
import { overallStatus, overallStatusShape } from "./overall-status.ts";
import { issueShape } from "../issues/issue.ts";
import { issuesOf } from "../issues/issues.ts";
import { NO_FACTS } from "../issues/facts.ts";
import { budgetOf, factsOfProcess, type Schedule } from "../issues/process-facts.ts";

const COVERAGE = {
  indices: true,
  total: true,
  model: true,
  other_models: true,
  unfit: true,
  textless: true,
  unsearchable: true,
  looping: true,
  gaps: true,
  breaker: true,
  spent_today: true,
} as const;

/** The state of a process on one screen: GET /api/v1/overview, and the source of the page. Times are ISO 8601, UTC. */
export const overviewShape = z.object({
  version: z.string(),
  role: z.enum(ROLES),
  now: z.string(),
  started_at: z.string(),
  state: overallStatusShape,
  coverage: statusShape
    .pick(COVERAGE)
    .nullable()
    .describe("Coverage and backlog; null where OpenSearch could not be asked."),
  coverage_error: z
    .object({ kind: z.string(), message: z.string() })
    .nullable()
    .describe("Why `coverage` is null."),
  backlog: z.array(backlogPointShape).readonly(),
  cycles: z.object({
    running: runningCycleShape.nullable(),
    past: z.array(pastCycleShape).readonly().describe("The latest fifty, oldest first."),
    next_run_at: z.string().nullable().describe("null where none is due."),
    here: z.boolean().describe("Whether this process runs cycles at all."),
  }),
  consumer: z
    .object({
      role: z.enum(["tail", "worker"]),
      tally: consumerTallyShape,
      waiting: z.int().describe("Records whose document does not exist yet."),
      lag: z.int().nullable().describe("Messages behind, over all groups; null where unknown."),
      pace: paceShape.nullable().describe("The latest performance; null where none was reported."),
    })
    .nullable()
    .describe("null where this process reads no topic."),
  embedder: z.object({ name: z.string(), model: z.string(), dimensions: z.int() }),
  dependencies: z.array(dependencyShape),
  issues: z.array(issueShape).readonly().describe("The most pressing first."),
  anomalies: z
    .array(anomalyShape)
    .readonly()
    .describe("What takes longer than usual at this hour, or fails more often."),
  money: z.object({
    today: spentTodayShape.nullable(),
    month: spentMonthShape,
    saved: savedShape.describe("Of this month."),
  }),
});
export type Overview = z.infer<typeof overviewShape>;

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

function isBusy(pace: ReturnType<History["pace"]>, now: number): boolean {
  return pace !== undefined && pace.vectors_per_second > 0 && now - Date.parse(pace.at) < BUSY_MS;
}
