import { advanceEpisodes, NO_EPISODES } from "./episodes.ts";
import type { Episode, EpisodeState, Minute, Quiet } from "./episodes.ts";
import { MINUTE_MS } from "./minute-batches.ts";
import { judgeRate, newRate, type RateState } from "./spikes.ts";

/** In which a new group has to come often enough, and by which rates are counted. */
export const WINDOW_MS = 10 * MINUTE_MS;

export type WatchSettings = {
  /** A group is told as new with so many records within `windowMs`. */
  newAtLeast: number;
  windowMs: number;
  /** A group that was not seen for so long is new again. */
  lookBackMs: number;
  /** ALERT_LOG_MAX_AGE_MINUTES, in ms: older records are learnt from and told of by nothing. */
  maxAgeMs: number;
  quiet: Quiet;
};

/**
 * What a person said of a group. `known`: tell its return once. `muted`: tell nothing. `resolved`: its next record is a return,
 * however soon, and makes it open again.
 */
export type Standing = {
  state: "open" | "known" | "muted" | "resolved";
  /** When it was said, in ms since the epoch. */
  saidMs: number;
};

/** What is kept of a group between two looks: plain data of bounded size. */
type WatchedGroup = {
  firstMs: number;
  lastMs: number;
  standing: Standing;
  /** Minutes of a group that is not told yet, because too few came within a window; absent once it is no longer new. */
  untold?: readonly Minute[];
  /** Its return was told since a person said that it is known. */
  toldKnown?: boolean;
  /** When the latest spike began: what is known and rose differs from what is known. */
  roseMs?: number;
  episodes: EpisodeState;
  rate: RateState;
};

/** Of a group that nobody said anything of. */
export const UNSAID: Standing = { state: "open", saidMs: 0 };

/** By group. */
export type WatchState = Readonly<Record<string, WatchedGroup>>;

/** What is to be told. */
export type Finding = { group: string } & (
  | { kind: "new"; sinceMs: number; count: number }
  | { kind: "back"; sinceMs: number; count: number; silentMs: number; resolvedMs?: number }
  | {
      kind: "known";
      sinceMs: number;
      count: number;
      silentMs: number;
      saidMs: number;
      /** When it rose since that was said. */
      roseMs?: number;
    }
  | { kind: "spike"; sinceMs: number; count: number; usual: number }
  | { kind: "spike_ended"; sinceMs: number; untilMs: number; usual: number; accepted: boolean }
);

export type Look = {
  nowMs: number;
  /** Records that were not given before, by group: each is given once, in whatever order and however late. */
  counts: readonly Counted[];
};

/** `latestMs`: the time of its latest record; absent: the end of its latest minute. */
type Counted = { group: string; minutes: readonly Minute[]; latestMs?: number };

/**
 * Of groups that were seen before the watch began, so that they are not new. Of an episode that was open then, only the records that
 * are given to the watch are counted: its whole count is asked of the store.
 */
export function watchFrom(
  seen: readonly { group: string; firstMs: number; lastMs: number; standing: Standing }[],
  { windowMs }: Pick<WatchSettings, "windowMs">,
): WatchState {
  const watched = seen.map(({ group, firstMs, lastMs, standing }): [string, WatchedGroup] => {
    const open = { fromMs: lastMs, toMs: lastMs, count: 0 };
    const rate = newRate(lastMs, windowMs);
    return [group, { firstMs, lastMs, standing, episodes: { open, gapsMs: [] }, rate }];
  });
  return Object.fromEntries(watched);
}

/** The state after a person said something of a group; unchanged where the group is not watched, or that is known already. */
export function withStanding(state: WatchState, group: string, standing: Standing): WatchState {
  const one = state[group];
  // A resolved group that came back is open, until somebody says something else of it.
  if (!one || one.standing.saidMs === standing.saidMs) return state;
  const { toldKnown: _, ...rest } = one;
  return { ...state, [group]: { ...rest, standing } };
}

/**
 * What is to be told after a look, the state to go on from, and the episodes that ended. The same state and records always come to the
 * same. Each group is told as new, back or known at most once an episode. A spike is told when it begins and when it ends: of one whose
 * beginning was too old to tell, or was muted, the end is a finding too, and who tells people knows whether they were told of it. Linear
 * in the groups watched and the minutes given.
 */
export function watchGroups(
  state: WatchState,
  { nowMs, counts }: Look,
  settings: WatchSettings,
): { state: WatchState; findings: Finding[]; ended: Episode[] } {
  const given = new Map(counts.map((one) => [one.group, one]));
  const next: Record<string, WatchedGroup> = {};
  const findings: Finding[] = [];
  const ended: Episode[] = [];
  for (const group of new Set([...Object.keys(state), ...given.keys()])) {
    const { minutes: all = [], latestMs } = given.get(group) ?? {};
    const minutes = all.filter(({ count }) => count > 0).toSorted((a, b) => a.atMs - b.atMs);
    const known = state[group];
    if (known && minutes.length === 0 && isAtRest(known, nowMs, settings)) {
      next[group] = known;
      continue;
    }
    const before = remembered(known, minutes, nowMs, settings);
    if (!before) continue;
    const seen = lookAt(group, before, { minutes, latestMs }, nowMs, settings);
    next[group] = seen.after;
    findings.push(...seen.findings);
    ended.push(...seen.ended);
  }
  return { state: next, findings, ended };
}

/** Nothing can follow from the time that passed: most groups at most times, and so they cost nothing. */
function isAtRest(
  { lastMs, episodes, rate }: WatchedGroup,
  nowMs: number,
  { quiet, lookBackMs }: WatchSettings,
): boolean {
  const mayEnd = episodes.open && nowMs - episodes.open.toMs > quiet.leastMs;
  const isCounting = rate.spike !== undefined || Object.keys(rate.open).length > 0;
  return !mayEnd && !isCounting && nowMs - lastMs <= lookBackMs;
}

/** The group as it was before these records; undefined where it is forgotten or was never seen. */
function remembered(
  known: WatchedGroup | undefined,
  minutes: readonly Minute[],
  nowMs: number,
  { lookBackMs, maxAgeMs, windowMs }: WatchSettings,
): WatchedGroup | undefined {
  const first = minutes[0]?.atMs ?? nowMs;
  if (known && first - known.lastMs <= lookBackMs) return known;
  // What a person said of it outlasts the look-back.
  if (minutes.length === 0) return known?.standing.state === "open" ? undefined : known;
  return {
    firstMs: first,
    lastMs: first,
    standing: known?.standing ?? UNSAID,
    ...(nowMs - first <= maxAgeMs ? { untold: [] } : {}),
    episodes: NO_EPISODES,
    rate: newRate(first, windowMs),
  };
}

function lookAt(
  group: string,
  before: WatchedGroup,
  { minutes, latestMs }: { minutes: readonly Minute[]; latestMs: number | undefined },
  nowMs: number,
  settings: WatchSettings,
) {
  const { standing } = before;
  const { maxAgeMs, quiet, windowMs } = settings;
  const isFresh = (atMs: number) => nowMs - atMs <= maxAgeMs;
  const { state: episodes, ended } = advanceEpisodes(group, before.episodes, minutes, nowMs, quiet);
  const { state: rate, changes } = judgeRate(before.rate, minutes, nowMs, windowMs);
  const findings: Finding[] = [];
  const after: WatchedGroup = {
    ...before,
    firstMs: Math.min(before.firstMs, minutes[0]?.atMs ?? before.firstMs),
    lastMs: Math.max(before.lastMs, minutes.at(-1)?.atMs ?? before.lastMs),
    episodes,
    rate,
  };
  delete after.untold;
  if (before.untold && isFresh(after.firstMs)) {
    const { told, untold } = countNew([...before.untold, ...minutes], nowMs, settings);
    if (told) findings.push({ group, kind: "new", ...told });
    else after.untold = untold;
  } else {
    const back = returned(before, { minutes, latestMs }, episodes, ended);
    if (back && isFresh(back.sinceMs)) {
      if (standing.state !== "known") {
        const resolved = standing.state === "resolved" ? { resolvedMs: standing.saidMs } : {};
        findings.push({ group, kind: "back", ...back, ...resolved });
      } else if (before.toldKnown !== true) {
        const rose = before.roseMs === undefined ? {} : { roseMs: before.roseMs };
        findings.push({ group, kind: "known", ...back, saidMs: standing.saidMs, ...rose });
        after.toldKnown = true;
      }
    }
    if (back && standing.state === "resolved") after.standing = { ...standing, state: "open" };
  }
  for (const change of changes) {
    if (change.kind === "spike") {
      delete after.toldKnown;
      after.roseMs = change.sinceMs;
      if (!isFresh(change.sinceMs)) continue;
    }
    findings.push({ group, ...change });
  }
  return { after, ended, findings: standing.state === "muted" ? [] : findings };
}

/** The first window with enough fresh records; else the minutes that may still belong to one. */
function countNew(
  minutes: readonly Minute[],
  nowMs: number,
  { newAtLeast, windowMs, maxAgeMs }: WatchSettings,
) {
  const fresh = minutes
    .filter(({ atMs }) => nowMs - atMs <= maxAgeMs)
    .toSorted((a, b) => a.atMs - b.atMs);
  for (const { atMs: sinceMs } of fresh) {
    const count = fresh
      .filter(({ atMs }) => atMs >= sinceMs && atMs < sinceMs + windowMs)
      .reduce((sum, one) => sum + one.count, 0);
    if (count >= newAtLeast) return { told: { sinceMs, count }, untold: [] };
  }
  return { told: undefined, untold: fresh };
}

/** The episode with which a group came back; undefined where it did not. `silentMs`: for how long it was not seen. */
function returned(
  { lastMs, standing }: WatchedGroup,
  { minutes, latestMs }: { minutes: readonly Minute[]; latestMs: number | undefined },
  { open }: EpisodeState,
  ended: readonly Episode[],
): { sinceMs: number; count: number; silentMs: number } | undefined {
  const resolvedMs = standing.state === "resolved" ? standing.saidMs : undefined;
  const isLater = ({ atMs }: Minute) =>
    resolvedMs === undefined ? atMs > lastMs : atMs + MINUTE_MS > resolvedMs;
  const first = minutes.find(isLater);
  // In the minute of the decision came records before it too.
  if (!first || (resolvedMs !== undefined && (latestMs ?? Infinity) <= resolvedMs))
    return undefined;
  // The latest of these records began an episode, which may have ended since.
  const latest = open ?? ended.at(-1);
  if (!latest) return undefined;
  const isNext = latest.fromMs > lastMs;
  if (!isNext && resolvedMs === undefined) return undefined;
  const sinceMs = isNext ? latest.fromMs : Math.max(first.atMs, resolvedMs ?? 0);
  const count = minutes.reduce(
    (sum, one) => (one.atMs + MINUTE_MS > sinceMs ? sum + one.count : sum),
    0,
  );
  return { sinceMs, count, silentMs: Math.max(0, sinceMs - lastMs) };
}
