import { z } from "zod";
import { ROLES, type Role } from "../heartbeat.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConsumerRole } from "../../ports/consumer-events.ts";
import type { Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { createBacklogHistory, type BacklogPoint } from "./backlog-history.ts";
import { createPastCycles, endedCycle, failedCycle, type PastCycle } from "./past-cycles.ts";
import {
  createDailyVectorCounts,
  daysIn,
  savedIn,
  type Saved,
  type VectorsOfDay,
} from "./daily-vector-counts.ts";
import { createCycleWatch, type CycleState } from "../issues/cycle-watch.ts";
import { createDeadLetterWatch, type DeadLetterWatch } from "../issues/dead-letter-burst.ts";
import { createReportedFaults, type ReportedFault } from "../issues/reported-faults.ts";

export const runningCycleShape = z.object({
  cycle: z.int(),
  drain: z.boolean(),
  started_at: z.string(),
  progress: z
    .object({
      done: z.int(),
      total: z.int(),
      per_second: z.number(),
      seconds_left: z.number().nullable(),
    })
    .exactOptional()
    .describe("Of a drain: records done, of how many, and how fast."),
});
type RunningCycle = z.infer<typeof runningCycleShape>;

/** The latest performance that a consumer reported, and when. */
export const paceShape = z.object({
  vectors_per_second: z.number(),
  batches: z.int(),
  lag: z.int().nullable().describe("null where the broker did not answer."),
  waiting: z.int(),
  dead_letters: z.int(),
  passed_over: z.int(),
  at: z.string(),
});
type Pace = z.infer<typeof paceShape>;

/** What happened here recently; the first three outlive the process. */
export type History = {
  cycles(): readonly PastCycle[];
  backlog(): readonly BacklogPoint[];
  vectorsByDay(): readonly VectorsOfDay[];
  /** What all processes that share the state directory saved in a month, as in 2026-01. */
  saved(month: string): Promise<Saved>;
  running(): RunningCycle | undefined;
  /** What events reported and have not ended. */
  reported(): ReportedFault[];
  deadLetters: Pick<DeadLetterWatch, "burst" | "isSure">;
  /** How long cycles have come to nothing; to be asked more often than they start. */
  missed(nextRunAt: Date | undefined): CycleState;
  pace(role: ConsumerRole): Pace | undefined;
  /** So many are pending, as somebody has just counted; null where not all could be seen, which says nothing. */
  counted(pending: number | null): void;
  /** Resolves once everything is kept. */
  kept(): Promise<void>;
  listener: Partial<Events>;
};

type HistoryDeps = {
  role: Role;
  state: Pick<StateStore, "load" | "save">;
  clock: Pick<Clock, "now">;
};

/** The history of a process, told by its events; goes on from what the one before left in the state directory. */
export async function openHistory({ role, state, clock }: HistoryDeps): Promise<History> {
  const document = documentOf(role);
  const kept = keptShape.safeParse(await state.load(document)).data ?? {};
  const cycles = createPastCycles(kept.cycles);
  const backlog = createBacklogHistory(kept.backlog);
  const byDay = createDailyVectorCounts(kept.vectors_by_day);
  const reported = createReportedFaults(clock);
  const deadLetters = createDeadLetterWatch(clock);
  const cycleWatch = createCycleWatch(clock);
  const pace = new Map<ConsumerRole, Pace>();
  let running: RunningCycle | undefined;
  let saving: Promise<void> = Promise.resolve();
  let unsaved = false;
  const saveNow = async () => {
    if (!unsaved) return;
    unsaved = false;
    await state.save(document, {
      cycles: cycles.all(),
      backlog: backlog.points(),
      vectors_by_day: byDay.days(),
    });
  };
  const save = () => {
    unsaved = true;
    saving = saving.then(saveNow);
  };
  const now = () => new Date(clock.now()).toISOString();
  const counted = (pending: number | null) => {
    if (pending === null) return;
    backlog.add(pending, clock.now());
    unsaved = true;
  };
  return {
    cycles: cycles.all,
    backlog: backlog.points,
    vectorsByDay: byDay.days,
    async saved(month) {
      const others = ROLES.filter((one) => one !== role).map((one) => state.load(documentOf(one)));
      const days = (await Promise.all(others)).flatMap((other) => {
        return daysIn(keptShape.safeParse(other).data?.vectors_by_day);
      });
      return savedIn([...byDay.days(), ...days], month);
    },
    running: () => running,
    reported: reported.all,
    deadLetters,
    missed: cycleWatch.look,
    pace: (consumer) => pace.get(consumer),
    counted,
    async kept() {
      save();
      await saving;
    },
    listener: {
      ...reported.listener,
      ...deadLetters.listener,
      cycleStarted(what) {
        reported.listener.cycleStarted?.(what);
        running = { ...what, started_at: now() };
      },
      drainProgress(what) {
        cycleWatch.listener.drainProgress?.(what);
        const { done, total, partial = false, recordsPerSecond, secondsLeft } = what;
        const progress = {
          done,
          total,
          per_second: recordsPerSecond,
          seconds_left: secondsLeft,
        };
        if (running) running = { ...running, progress };
        counted(partial ? null : Math.max(0, total - done));
      },
      recordsFound: ({ found, partial }) => counted(partial ? null : found),
      recordsEnded: ({ outcomes }) => byDay.written(clock.now(), outcomes),
      textsAnswered: ({ texts, costUsd }) => byDay.paid(clock.now(), texts.length, costUsd),
      cycleEnded(what) {
        cycleWatch.listener.cycleEnded?.(what);
        const { summary } = what;
        cycles.add(endedCycle(what, running?.started_at ?? now()));
        running = undefined;
        counted(summary.backlog);
        save();
      },
      cycleFailed(what) {
        cycleWatch.listener.cycleFailed?.(what);
        const { started_at: startedAt = now(), drain = false } = running ?? {};
        const durationMs = Math.max(0, clock.now() - Date.parse(startedAt));
        cycles.add(failedCycle(what, { startedAt, drain, durationMs }));
        running = undefined;
        save();
      },
      performance({ role: consumer, batches, lag, waiting, ...rest }) {
        pace.set(consumer, {
          vectors_per_second: rest.vectorsPerSecond,
          batches,
          lag,
          waiting,
          dead_letters: rest.deadLetters,
          passed_over: rest.passedOver,
          at: now(),
        });
        save();
      },
    },
  };
}

function documentOf(role: Role): string {
  return role === "daemon" ? "history" : `history-${role}`;
}

const keptShape = z
  .object({
    cycles: z.unknown(),
    backlog: z.unknown(),
    vectors_by_day: z.unknown(),
  })
  .partial();
