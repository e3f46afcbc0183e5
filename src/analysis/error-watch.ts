import type { ErrorAlert } from "../domain/memory/error-alert.ts";
import type { Group } from "../domain/memory/group.ts";
import type { OwnIndexState } from "../ports/error-memory.ts";
import type { FoundVectors } from "../ports/vector-index.ts";
import type { Quiet } from "./episodes.ts";
import { createAlertTelling } from "./tell-findings.ts";
import { readDecisions, type GroupDecisions } from "./group-decisions.ts";
import { pagesOf, type GroupsDeps } from "./group-scope.ts";
import { LOOK_BACK_MS } from "./list-episodes.ts";
import type { MemoryAnswer } from "./group-answers.ts";
import { createMemoryUpkeep } from "./memory-upkeep.ts";
import { MINUTE_MS } from "./minute-batches.ts";
import { createRecentMinutes, type Recent, type RecentMinutes } from "./recent-minutes.ts";
import {
  UNSAID,
  watchFrom,
  watchGroups,
  WINDOW_MS,
  withStanding,
  type Standing,
  type WatchState,
} from "./watch-groups.ts";

export type ErrorWatchDeps = GroupsDeps & {
  quiet: Quiet;
  /** MEMORY: somebody wants the memory, and is told where it may not be used. */
  isWanted: boolean;
  /** GROUPS_MAX. */
  maxGroups: number;
  /** ALERT_LOG_MAX_AGE_MINUTES, in ms. */
  maxAgeMs: number;
  /** The model in force, as stamps name it. Throws a Fault. */
  model(): Promise<string>;
  /** Vectors of that model by the hashes of texts. Throws a Fault. */
  findVectors(textHashes: readonly string[], signal: AbortSignal): Promise<FoundVectors>;
  /** Takes over what people are to be told; what it took is told, whatever happens. Absent: nobody is told of anything. */
  tell?: (alert: ErrorAlert) => Promise<void>;
};

/** What a look came to. `absent`: there is no memory of errors. `problems`: what of it could not be read or written. */
type Looked = { memory: "used" | "absent"; problems: MemoryAnswer["problems"] };

export type ErrorWatch = {
  /** Throws a Fault where the store does not answer, or where it is unknown what was told: the next look finds the same again. */
  look(signal: AbortSignal): Promise<Looked>;
};

/** A group that counts as one, in a look. */
type Seen = {
  root: string;
  members: readonly string[];
  /** Its signatures with records that were not counted before. */
  recent: readonly Recent[];
};

/** What there is to know of a look. */
export type Look = Pick<RecentMinutes, "scope" | "nowMs"> & {
  decisions: GroupDecisions;
  seen: ReadonlyMap<string, Seen>;
  /** Of these groups and their signatures, those that the memory knows. */
  kept: ReadonlyMap<string, Group>;
};

const HOUR_MS = 60 * MINUTE_MS;
/** Enough for the usual rate of each group: 39 windows of ten minutes. */
const FIRST_REACH_MS = 7 * HOUR_MS;
const NEW_AT_LEAST = 3;

/**
 * Watches the records that have a group: keeps the memory of errors, and finds what people are to be told. Whatever process gave the records
 * their groups, and however many watch: who tells is agreed by claims in the memory. A look after a restart reads the last hours
 * again, and what was told then is claimed already.
 */
export function createErrorWatch(deps: ErrorWatchDeps): ErrorWatch {
  const { maxAgeMs, quiet } = deps;
  const settings = {
    newAtLeast: NEW_AT_LEAST,
    windowMs: WINDOW_MS,
    lookBackMs: LOOK_BACK_MS,
    maxAgeMs,
    quiet,
  };
  const minutes = createRecentMinutes(deps, {
    firstMs: Math.max(FIRST_REACH_MS, maxAgeMs + quiet.leastMs),
    laterMs: maxAgeMs,
  });
  const upkeep = createMemoryUpkeep(deps);
  const telling = createAlertTelling(deps);
  let state: WatchState = {};
  return {
    async look(signal) {
      const decisions = await readDecisions(deps.memory, signal);
      if (!decisions.answer().kept) return { memory: "absent", problems: [] };
      const { problems } = decisions.answer();
      if (problems.length > 0) {
        // Without the decisions of people, what they muted would be told.
        const states = await (await deps.memory()).states(signal);
        // The store as a whole does not answer: no fault of the memory.
        const away = states.find((one) => one.state === "unusable" && one.fault.problem === "away");
        if (away?.state === "unusable") throw away.fault;
        const isOff = !deps.isWanted && isOutOfReach(states);
        return isOff ? { memory: "absent", problems: [] } : { memory: "used", problems };
      }
      const read = await minutes.read(signal);
      const seen = byRoot(read.groups, decisions);
      const ids = [...seen.values()].flatMap(({ root, recent }) => [
        root,
        ...recent.map(({ group }) => group),
      ]);
      const kept = await decisions.read([...new Set(ids)], signal);
      if (decisions.answer().problems.length > 0) {
        return { memory: "used", problems: decisions.answer().problems };
      }
      const look: Look = { ...read, decisions, seen, kept };
      const unknown = [...seen.values()].filter(({ root }) => !(root in state));
      const before = await seenBefore(deps, read, unknown, kept, signal);
      const said = [...seen.keys()].reduce(
        (current, root) => withStanding(current, root, standingOf(kept.get(root), read.nowMs)),
        { ...state, ...watchFrom(before, settings) },
      );
      const counts = [...seen.values()].map(({ root, recent }) => ({
        group: root,
        minutes: recent.flatMap((one) => one.minutes),
        latestMs: latestOf(recent),
      }));
      const watched = watchGroups(said, { nowMs: read.nowMs, counts }, settings);
      const { faults, episodes } = await upkeep.keep(look, watched, signal);
      if (deps.tell) await telling.tell(look, { ...watched, episodes }, signal);
      state = latestSeen(watched.state, deps.maxGroups);
      read.keep();
      return {
        memory: "used",
        problems: faults.map(({ message, hint }) => ({ message, hint: hint ?? null })),
      };
    },
  };
}

/** A user who has no right to indices that nobody made is told that they are forbidden: the service works without them. */
function isOutOfReach(states: readonly OwnIndexState[]): boolean {
  return states.every(
    (one) =>
      one.state === "absent" || (one.state === "unusable" && one.fault.problem === "forbidden"),
  );
}

/** A group that is watched no more is found in the store when it is seen again. */
function latestSeen(state: WatchState, most: number): WatchState {
  const all = Object.entries(state);
  if (all.length <= most) return state;
  return Object.fromEntries(all.toSorted(([, a], [, b]) => b.lastMs - a.lastMs).slice(0, most));
}

function byRoot(groups: readonly Recent[], decisions: GroupDecisions): Map<string, Seen> {
  const parts = Map.groupBy(groups, ({ group }) => decisions.rootOf(group));
  return new Map(
    [...parts].map(([root, recent]) => [
      root,
      { root, recent, members: decisions.membersOf(root) },
    ]),
  );
}

function latestOf(recent: readonly Recent[]): number {
  return Math.max(...recent.map(({ last }) => last ?? -Infinity));
}

/** Of groups that the watch does not know yet: those that were there before the records of this look. */
async function seenBefore(
  { groupCounts }: Pick<GroupsDeps, "groupCounts">,
  { scope, fromMs, nowMs }: RecentMinutes,
  unknown: readonly Seen[],
  kept: ReadonlyMap<string, Group>,
  signal: AbortSignal,
) {
  const only = [...new Set(unknown.flatMap(({ root, members }) => [root, ...members]))];
  const times = new Map<string, { first: number; last: number }>();
  if (only.length > 0) {
    const filter = { since: nowMs - LOOK_BACK_MS, until: fromMs - 1 };
    for await (const { rows } of pagesOf(groupCounts, { ...scope, only, filter }, signal)) {
      for (const { group, first, last } of rows) {
        if (first !== undefined && last !== undefined) times.set(group, { first, last });
      }
    }
  }
  return unknown.flatMap(({ root, members }) => {
    const all = [root, ...members].flatMap((id) => [
      ...(times.has(id) ? [times.get(id)] : []),
      ...rememberedTimes(kept.get(id), fromMs),
    ]);
    const known = all.filter((one) => one !== undefined);
    if (known.length === 0) return [];
    return {
      group: root,
      firstMs: Math.min(...known.map(({ first }) => first)),
      lastMs: Math.max(...known.map(({ last }) => last)),
      standing: standingOf(kept.get(root), nowMs),
    };
  });
}

/** What the memory knows of the time before, where the records are deleted: an earlier process may have seen it since, too. */
function rememberedTimes(kept: Group | undefined, fromMs: number) {
  const first = Date.parse(kept?.first_seen ?? "");
  const last = Date.parse(kept?.last_seen ?? "");
  if (!(first < fromMs)) return [];
  return [{ first, last: last < fromMs ? last : first }];
}

function standingOf(kept: Group | undefined, nowMs: number): Standing {
  if (!kept || kept.state_at === null) return UNSAID;
  const saidMs = Date.parse(kept.state_at);
  const until = Date.parse(kept.muted_until ?? "");
  if (kept.state === "muted" && until <= nowMs) return { state: "open", saidMs: until };
  return { state: kept.state, saidMs };
}
