import type { Clock } from "../../ports/clock.ts";

/** What one component has to do, as it was known then. */
type Load = {
  /** More replicas than this would have nothing to read. */
  lanes: number;
  /** Messages that the group has not finished, without those whose document is not there yet. */
  lag: number;
  /** Pending records, whether there is a message about them or not; 0 where they are somebody else's. */
  backlog: number;
  /** Messages a second. */
  arrivals: number;
  /** Messages a second that one replica has shown to manage; undefined where it never had enough to do. */
  rate: number | undefined;
};

/** Before any replica has shown what it manages. */
const ASSUMED_RATE = 50;

/** Enough to keep up with what comes and to be through with what waits within so many seconds. */
export function wantedReplicas(load: Load, catchUpSeconds: number): number {
  const { lanes, lag, backlog, arrivals, rate = ASSUMED_RATE } = load;
  const perSecond = arrivals + Math.max(lag, backlog) / catchUpSeconds;
  const wanted = Math.ceil(perSecond / Math.max(rate, 1e-3));
  return Math.max(1, Math.min(wanted, Math.max(1, lanes)));
}

/** The most that was wanted within so long: up at once, down only after a while. */
const KEPT_MS = 10 * 60_000;

export type Replicas = {
  /** Takes in how it is now; `held`: nothing can be done now, by however many. */
  heard(seen: Seen): void;
  /** Undefined where the load was never known. */
  desired(): number | undefined;
};

type Seen = {
  rows: readonly { end: number; lag: number }[];
  /** Records of this replica whose document is not there yet. */
  waiting: number;
  backlog: number;
  /** Messages that this replica has finished since its start. */
  finished: number;
  held: boolean;
};

type Before = { at: number; end: number; lag: number; lanes: number; finished: number };

/** How much of what was measured before stays in the rate. */
const MEMORY = 0.7;

/** Learns what this replica manages while it has enough to do, and says how many of its kind are wanted. */
export function createReplicas(
  { catchUpSeconds }: { catchUpSeconds: number },
  clock: Pick<Clock, "now">,
): Replicas {
  let before: Before | undefined;
  let rate: number | undefined;
  let wanted: { at: number; replicas: number }[] = [];
  let latest: number | undefined;
  const recent = () => {
    const since = clock.now() - KEPT_MS;
    wanted = wanted.filter(({ at }) => at > since && at <= clock.now());
    return wanted.map(({ replicas }) => replicas);
  };
  const desired = () => {
    if (latest === undefined) return undefined;
    return Math.max(latest, ...recent());
  };
  return {
    desired,
    heard({ rows, waiting, backlog, finished, held }) {
      const now: Before = {
        at: clock.now(),
        end: sum(rows.map(({ end }) => end)),
        lag: Math.max(0, sum(rows.map(({ lag }) => lag)) - waiting),
        lanes: rows.length,
        finished,
      };
      const change = before && changeBetween(before, now);
      // With nothing left over it may have been quicker than it had to be.
      if (change && !held && change.wasBusy && change.finished > 0) {
        rate =
          rate === undefined ? change.finished : rate * MEMORY + change.finished * (1 - MEMORY);
      }
      before = now;
      const arrivals = change?.arrivals ?? 0;
      const { lag, lanes } = now;
      const load = { lanes, lag, backlog, arrivals, rate };
      // While nothing goes through, more of them would only wait too, and fewer be missed right after.
      const replicas = held ? (desired() ?? 1) : wantedReplicas(load, catchUpSeconds);
      latest = Math.min(replicas, Math.max(1, lanes));
      wanted.push({ at: now.at, replicas: latest });
    },
  };
}

/** Per second; undefined where the two cannot be compared. */
function changeBetween(before: Before, now: Before) {
  const seconds = (now.at - before.at) / 1000;
  if (seconds <= 0 || before.lanes !== now.lanes) return undefined;
  return {
    arrivals: Math.max(0, (now.end - before.end) / seconds),
    finished: (now.finished - before.finished) / seconds,
    wasBusy: before.lag > 0 && now.lag > 0,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
