import { linkedAbort } from "../concurrency/time-limit.ts";
import type { CallRecord, Recovery } from "../status/call-record.ts";
import type { Standing } from "../status/readiness.ts";
import { DEPENDENCY_NAMES, type DependencyName, type IssueId } from "../status/issues/issue.ts";
import type { CountedFacts } from "../status/issues/facts.ts";
import {
  budgetOf,
  factsOfProcess,
  type ProcessFactsDeps,
  type Schedule,
} from "../status/issues/process-facts.ts";
import type { Anomaly } from "../domain/anomaly.ts";
import type { Status } from "../status/status-shape.ts";
import { Fault, orFault } from "../domain/faults.ts";
import type { History } from "../status/overview/history.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import { type Seen, type Condition, keyOf } from "./alert-state.ts";
import { conditionsOf } from "./conditions.ts";

/** Looks at everything that people may have to know of. */
export type Watch = {
  look(signal: AbortSignal): Promise<Seen>;
  /** To be told of the events of the process. */
  listeners: readonly Partial<Events>[];
};

export type WatchDeps = {
  clock: Clock;
  history: ProcessFactsDeps["history"] & Pick<History, "pace" | "counted">;
  /** What is known of the dependencies; it asks none of them. */
  standing(): Promise<Standing>;
  /** What calls to each of them met. */
  records: Partial<Readonly<Record<DependencyName, Pick<CallRecord, "outage" | "recovery">>>>;
  /** Absent where this process runs no cycles. */
  cycles?: Schedule & {
    /** Coverage and backlog. Throws a Fault. */
    status(signal: AbortSignal): Promise<CountedFacts & Pick<Status, "total" | "kafka">>;
  };
  /** What was spent today, and the limit; absent where there is none. */
  spent?: () => Promise<Status["spent_today"]>;
  role: ConsumerRole | undefined;
  /** Series that are far from their own past. */
  anomalies?: () => readonly Anomaly[];
  ring(): void;
};

/** Longer than the tail and its gate wait before they try again. */
const LATELY_MS = 90_000;
/** Counting asks every index. */
const COUNT_EVERY_MS = 5 * 60_000;

/** A look waits no longer for a count; the next one knows it. */
const PATIENCE_MS = 1000;

export function createWatch(deps: WatchDeps): Watch {
  const { clock, history, records, cycles, role } = deps;
  const recoveries = createRecoveries(clock, records);
  const counting = createCounting(deps);
  const lastAway = new Map<DependencyName, number>();
  const countAgain = () => {
    counting.outdated();
    deps.ring();
  };
  return {
    listeners: [recoveries.listener, ringers(deps.ring, countAgain)],
    async look(signal) {
      const [standing, spent] = await Promise.all([deps.standing(), deps.spent?.()]);
      const now = clock.now();
      const backLately = new Set<DependencyName>();
      for (const { name, ready: isReady } of standing.dependencies) {
        if (!isReady) lastAway.set(name, now);
        else if (Math.abs(now - (lastAway.get(name) ?? -Infinity)) < LATELY_MS) {
          backLately.add(name);
        }
      }
      const isAway = standing.dependencies.some(
        ({ name, ready }) => name === "opensearch" && !ready,
      );
      if (!isAway) await counting.soon(signal);
      const { facts: counted, lag } = counting.counted() ?? {};
      const anomalies = deps.anomalies?.() ?? [];
      const facts = {
        ...factsOfProcess({ history, schedule: cycles, anomalies }),
        now,
        dependencies: standing.dependencies,
        backLately,
        budget: spent && budgetOf(spent),
        lag: lag ?? (role && history.pace(role)?.lag) ?? undefined,
        counted,
        uncounted: counted ? undefined : counting.failure(),
      };
      const found = conditionsOf(facts, {
        failedAt: latestFailures(records),
        deadLettersAreSure: history.deadLetters.isSure(),
      });
      return { ...found, over: recoveries.all() };
    },
  };
}

type Counted = { at: number; facts: CountedFacts; lag: number | null };

/** Counts what waits, now and again: one count at a time, which a look waits for only a moment. */
function createCounting({ clock, history, cycles, ring }: WatchDeps) {
  let last: Counted | undefined;
  let failure: Fault | undefined;
  let inFlight: Promise<void> | undefined;
  const fresh = () => (last && Math.abs(clock.now() - last.at) < COUNT_EVERY_MS ? last : undefined);
  const count = async (status: NonNullable<typeof cycles>["status"], signal: AbortSignal) => {
    const before = history.backlog().at(-1);
    const answer = await orFault(status(signal));
    failure = undefined;
    last = undefined;
    if (answer instanceof Fault) {
      if (!signal.aborted) failure = answer;
      return;
    }
    // A cycle that ended meanwhile knows better than a count that began before.
    const isNews = history.backlog().at(-1) === before;
    if (isNews) history.counted(answer.total.pending);
    last = { at: clock.now(), facts: answer, lag: answer.kafka?.lag ?? null };
  };
  return {
    counted: fresh,
    /** Of the latest count, where that failed. */
    failure: () => failure,
    outdated: () => void (last = undefined),
    async soon(signal: AbortSignal) {
      if (!cycles || fresh()) return;
      inFlight ??= count(cycles.status, signal).finally(() => (inFlight = undefined));
      using waiting = linkedAbort(signal);
      let isOver = false;
      const isLate = clock.sleep(PATIENCE_MS, waiting.signal).then(() => !isOver);
      const ended = inFlight.then(() => false);
      try {
        // What it finds then is worth another look.
        if (await Promise.race([ended, isLate])) inFlight?.then(ring, ring);
      } finally {
        isOver = true;
        waiting.abort(undefined);
      }
    },
  };
}

function latestFailures(records: WatchDeps["records"]): Map<DependencyName, number> {
  const failures = new Map<DependencyName, number>();
  for (const name of DEPENDENCY_NAMES) {
    const outage = records[name]?.outage();
    if (outage) failures.set(name, outage.failedAt);
  }
  return failures;
}

/** What somebody should hear of sooner than at the next look. */
function ringers(ring: () => void, countAgain: () => void): Partial<Events> {
  let deadLetters = 0;
  return {
    breakerOpened: ring,
    breakerClosed: ring,
    embedderFailed: ring,
    budgetReached: ring,
    cycleFailed: ring,
    cycleEnded: ring,
    sourceLost: ring,
    sourceBack: ring,
    consumerPaused: ring,
    consumerResumed: ring,
    deadLettersBlocked: ring,
    deadLettersResumed: ring,
    indexPaused: ring,
    indexResumed: ring,
    indexPauseDropped: ring,
    stateUnwritable: ring,
    stateWritable: ring,
    logFileUnwritable: ring,
    logFileWritable: ring,
    indexUnfit: countAgain,
    indexFitAgain: countAgain,
    // The first ones are news; many in a row are not.
    deadLetterSent: () => void (deadLetters++ === 0 && ring()),
  };
}

/** Since when something is over, as the work itself met it, by the key of its condition. */
type Recoveries = {
  /** To be told of the events of the process. */
  listener: Partial<Events>;
  all(): ReadonlyMap<string, Recovery>;
};

/** A look comes within seconds; an end that was not noticed for so long is no news. */
const KEPT_MS = 3_600_000;

function createRecoveries(
  clock: Pick<Clock, "now">,
  records: Readonly<Partial<Record<DependencyName, Pick<CallRecord, "recovery">>>>,
): Recoveries {
  const ended = new Map<string, Recovery>();
  const end = (id: IssueId, which: Condition["which"] = "") => {
    const now = clock.now();
    for (const [key, { at }] of ended) if (Math.abs(now - at) > KEPT_MS) ended.delete(key);
    ended.set(keyOf({ id, which }), { at: now });
  };
  return {
    listener: {
      sourceBack: ({ role }) => end("source", role),
      consumerResumed: ({ role }) => end("paused", role),
      deadLettersResumed: () => end("dead_letters_blocked"),
      indexResumed: ({ index }) => end("index", index),
      indexPauseDropped: ({ index }) => end("index", index),
      indexFitAgain: ({ index }) => end("unfit", index),
      stateWritable: () => end("state"),
      logFileWritable: ({ path }) => end("log_file", path),
      cycleEnded() {
        end("cycle");
        end("no_success");
      },
    },
    all() {
      const all = new Map(ended);
      for (const id of DEPENDENCY_NAMES) {
        const recovery = records[id]?.recovery();
        if (recovery) all.set(keyOf({ id, which: "" }), recovery);
      }
      return all;
    },
  };
}
