import type { Dependency, Readiness } from "../inspection/readiness.ts";
import type { Status } from "../inspection/status.ts";
import { Fault } from "../model/faults.ts";
import type { History } from "../overview/history.ts";
import type { Clock } from "../ports/clock.ts";
import type { Consuming } from "../ports/consuming-events.ts";
import type { Events } from "../ports/events.ts";
import type { Seen } from "./condition.ts";
import { conditionsOf } from "./conditions.ts";
import { createCycleWatch } from "./cycle-watch.ts";
import type { Anomaly, Facts } from "./facts.ts";
import { createLetterWatch } from "./letter-watch.ts";

/** Looks at everything that people may have to know of. */
export type Watch = {
  look(signal: AbortSignal): Promise<Seen>;
  /** To be told of the events of the process. */
  listeners: readonly Partial<Events>[];
};

export type WatchDeps = {
  clock: Pick<Clock, "now">;
  history: Pick<History, "cycles" | "backlog" | "troubles" | "pace" | "counted">;
  readiness(signal: AbortSignal): Promise<Readiness>;
  /** Absent where this process runs no cycles. */
  cycles?: {
    next(): Date | undefined;
    longestGapMs(): number;
    batchSize: number;
    /** Coverage and backlog. Throws a Fault. */
    status(signal: AbortSignal): Promise<Pick<Status, "total" | "unfit" | "kafka">>;
  };
  /** What was spent today, and the limit; absent where there is none. */
  spent?: () => Promise<Status["spent_today"]>;
  who: Consuming | undefined;
  /** Series that are far from their own past. */
  anomalies?: () => readonly Anomaly[];
  ring(): void;
};

/** Longer than the tail and its gate wait before they try again. */
const LATELY_MS = 90_000;
/** Counting asks every index. */
const COUNT_EVERY_MS = 5 * 60_000;

export function createWatch(deps: WatchDeps): Watch {
  const { clock, history, readiness, cycles, who } = deps;
  const startedAt = clock.now();
  const cycleWatch = createCycleWatch(clock);
  const letterWatch = createLetterWatch(clock);
  const lastAway = new Map<Dependency["name"], number>();
  let counted: { at: number; unfit: Facts["unfit"]; lag: number | null } | undefined;
  const countAgain = () => {
    counted = undefined;
    deps.ring();
  };
  const count = async (signal: AbortSignal) => {
    if (!cycles || (counted && Math.abs(clock.now() - counted.at) < COUNT_EVERY_MS)) return;
    const before = history.backlog().at(-1);
    const status = await orNothing(cycles.status(signal));
    // A cycle that ended meanwhile knows better than a count that began before.
    const isNews = history.backlog().at(-1) === before;
    if (status && isNews) history.counted(status.total.pending);
    const at = clock.now();
    counted = status && { at, unfit: status.unfit, lag: status.kafka?.lag ?? null };
  };
  return {
    listeners: [cycleWatch.listener, letterWatch.listener, ringers(deps.ring, countAgain)],
    async look(signal) {
      const [ready, spent] = await Promise.all([readiness(signal), deps.spent?.(), count(signal)]);
      const now = clock.now();
      const lately = new Set<Dependency["name"]>();
      for (const { name, ready: isReady } of ready.dependencies) {
        if (!isReady) lastAway.set(name, now);
        else if (Math.abs(now - (lastAway.get(name) ?? -Infinity)) < LATELY_MS) lately.add(name);
      }
      return conditionsOf({
        now,
        startedAt,
        readiness: ready,
        lately,
        troubles: history.troubles(),
        lastCycle: history.cycles().at(-1),
        cycles: cycles && cycleWatch.look(cycles.next()),
        unfit: counted?.unfit,
        backlogIsHere: cycles !== undefined,
        backlog: history.backlog(),
        batchSize: cycles?.batchSize ?? 0,
        longestGapMs: cycles?.longestGapMs() ?? 0,
        budget: spent && budgetOf(spent),
        letters: { spell: letterWatch.spell(), sure: letterWatch.isSure() },
        lag: counted?.lag ?? (who && history.pace(who)?.lag) ?? undefined,
        anomalies: deps.anomalies?.() ?? [],
      });
    },
  };
}

function budgetOf({
  day,
  cost_usd: cost,
  limit_usd: limit,
  unpriced_tokens: unpriced,
}: Status["spent_today"]): Facts["budget"] {
  if (cost === null || limit === null) return undefined;
  const more = unpriced === undefined ? {} : { unpricedTokens: unpriced };
  return { day, spentUsd: cost, limitUsd: limit, ...more };
}

/** What somebody should hear of sooner than at the next look. */
function ringers(ring: () => void, countAgain: () => void): Partial<Events> {
  let letters = 0;
  return {
    breakerOpened: ring,
    breakerClosed: ring,
    embedderFailed: ring,
    budgetReached: ring,
    cycleFailed: ring,
    cycleEnded: ring,
    sourceLost: ring,
    sourceBack: ring,
    enrichingPaused: ring,
    enrichingGoesOn: ring,
    deadLettersBlocked: ring,
    deadLettersGoOn: ring,
    indexPaused: ring,
    indexGoesOn: ring,
    indexNotWaitedFor: ring,
    stateUnwritable: ring,
    stateWritable: ring,
    logFileUnwritable: ring,
    logFileWritable: ring,
    indexUnfit: countAgain,
    indexFitAgain: countAgain,
    // The first ones are news; many in a row are not.
    deadLetterSent: () => void (letters++ === 0 && ring()),
  };
}

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
