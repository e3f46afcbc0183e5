import { median } from "../domain/median.ts";

/** Records of a group in one minute. `atMs`: when the minute begins, in ms since the epoch. */
export type Minute = { atMs: number; count: number };

/** How long a group must be silent until its episode is over. */
export type Quiet = {
  /** EPISODE_QUIET_MINUTES, in ms. */
  leastMs: number;
  /** EPISODE_QUIET_FACTOR: times the usual gap of the group; 0: the gap does not count. */
  factor: number;
};

/** A run of one group between two silences. `fromMs`, `toMs`: its first and its last minute with a record. */
export type Episode = {
  group: string;
  fromMs: number;
  toMs: number;
  count: number;
  /** It is silent for long enough; an ended episode is a past case. */
  ended: boolean;
};

/** What is kept of a group between two looks: plain data of bounded size. */
export type EpisodeState = {
  open?: { fromMs: number; toMs: number; count: number };
  /** The latest gaps between minutes with records, oldest first. */
  gapsMs: readonly number[];
};

export const NO_EPISODES: EpisodeState = { gapsMs: [] };

const KEPT_GAPS = 99;
/** Fewer gaps have no median that can be relied on. */
const ENOUGH_GAPS = 3;

/**
 * The silence that ends an episode, in ms: `leastMs`, or `factor` times the usual gap where that is longer. The usual gap is
 * the median of the latest 99 gaps between consecutive minutes in which the group has records, whatever their number; with
 * fewer than three gaps it is unknown and does not count.
 */
export function quietMs({ leastMs, factor }: Quiet, gapsMs: readonly number[]): number {
  return gapsMs.length < ENOUGH_GAPS ? leastMs : Math.max(leastMs, factor * median(gapsMs));
}

/** Most gaps are shorter than the least silence: for them no median is computed. */
function isSilence(ms: number, quiet: Quiet, gapsMs: readonly number[]): boolean {
  return ms > quiet.leastMs && ms > quietMs(quiet, gapsMs);
}

/**
 * Goes on from `state` with records that were not given before. A gap is judged by the gaps before it, so that minutes given one
 * by one and all at once come to the same episodes. Minutes of records that came late are added: to the open episode, which
 * begins earlier where they are within its quiet; else they are an episode of their own that has ended. Linear in the minutes.
 */
export function advanceEpisodes(
  group: string,
  state: EpisodeState,
  minutes: readonly Minute[],
  nowMs: number,
  quiet: Quiet,
): { state: EpisodeState; ended: Episode[] } {
  let { open } = state;
  let gapsMs = [...state.gapsMs];
  const ended: Episode[] = [];
  const end = (one: NonNullable<EpisodeState["open"]>) =>
    ended.push({ group, ...one, ended: true });
  for (const { atMs, count } of minutes.toSorted((a, b) => a.atMs - b.atMs)) {
    if (count <= 0) continue;
    if (!open) {
      open = { fromMs: atMs, toMs: atMs, count };
      continue;
    }
    const gap = atMs - open.toMs;
    const isOver = isSilence(gap, quiet, gapsMs);
    if (isSilence(open.fromMs - atMs, quiet, gapsMs)) {
      end({ fromMs: atMs, toMs: atMs, count });
      continue;
    }
    if (gap > 0) gapsMs = [...gapsMs, gap].slice(-KEPT_GAPS);
    if (isOver) {
      end(open);
      open = { fromMs: atMs, toMs: atMs, count };
      continue;
    }
    open = {
      fromMs: Math.min(open.fromMs, atMs),
      toMs: Math.max(open.toMs, atMs),
      count: open.count + count,
    };
  }
  if (open && isSilence(nowMs - open.toMs, quiet, gapsMs)) {
    end(open);
    open = undefined;
  }
  return { state: { ...(open ? { open } : {}), gapsMs }, ended };
}

/** All episodes of a group, the earliest first; the last may still be open. `minutes`: of the whole time that is looked at. */
export function episodesOf(
  group: string,
  minutes: readonly Minute[],
  nowMs: number,
  quiet: Quiet,
): Episode[] {
  const { state, ended } = advanceEpisodes(group, NO_EPISODES, minutes, nowMs, quiet);
  return state.open ? [...ended, { group, ...state.open, ended: false }] : ended;
}
