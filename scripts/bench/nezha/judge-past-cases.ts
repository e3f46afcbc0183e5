import {
  episodesOf,
  type Episode,
  type Minute,
  type Quiet,
} from "../../../src/analysis/episodes.ts";
import { rankPastCases, type Case, type PastCase } from "../../../src/analysis/past-cases.ts";
import { liftOf, reachOf, roseWith, windowsOf } from "../../../src/analysis/rises.ts";
import { round } from "../samples.ts";
import type { Fault, NezhaDay, NezhaError } from "./read-nezha.ts";

/** The logs of a fault end two minutes after its injection, give or take some seconds. */
const FAULT_MS = 130_000;
const MINUTE_MS = 60_000;
const TOP_RISES = 10;

type EpisodeCase = Case & { episode: Episode };

/** A fault that was injected before. */
export type Repeat = {
  fault: Fault;
  /** The same episode goes on: the silence between the two was too short to end it. */
  ongoing: boolean;
  /** Of an episode of an earlier injection of the fault, from 1; undefined: not found. */
  rank?: number;
  /** The same where the latest past case stands first. */
  latestRank?: number;
  first?: PastCase<EpisodeCase>;
};

/** Why a fault that was injected before is not asked about. */
export type NotAsked = "logs no error" | "no earlier one logged an error";

/** `like`: the first past case of a fault that was never injected before. */
export type First = { fault: Fault; like: PastCase<EpisodeCase> };

/** Among whose groups the one is that rose the most: the injected service's, as for somebody who looks at it, or anybody's. */
export type Asked = "injected service" | "any service";

/**
 * Of each fault that was injected before: where an episode of an earlier injection stands among the past cases of its own. The episode
 * that is asked about is that of the group that rose the most in the two minutes that are logged; a past case
 * is right where it overlaps the two minutes of an earlier injection of the same kind into the same service, and of no other fault.
 */
export function judgePastCases(
  day: NezhaDay,
  quiet: Quiet,
  vectors: ReadonlyMap<string, Float32Array>,
  about: Asked,
): { repeats: Repeat[]; notAsked: NotAsked[]; firsts: First[] } {
  const history = createHistory(day, quiet, vectors);
  const repeats: Repeat[] = [];
  const notAsked: NotAsked[] = [];
  const firsts: First[] = [];
  for (const fault of day.faults) {
    const earlier = day.faults.filter((one) => isRepeat(one, fault));
    const asked = history.ask(fault, about);
    if (earlier.length === 0) {
      const [like] = asked?.ranked ?? [];
      if (like) firsts.push({ fault, like });
      continue;
    }
    if (!asked || history.errorsOf(fault).length === 0) {
      notAsked.push("logs no error");
      continue;
    }
    const logged = earlier.filter((one) => history.errorsOf(one).length > 0);
    if (logged.length === 0) {
      notAsked.push("no earlier one logged an error");
      continue;
    }
    const isRight = ({ episode }: EpisodeCase) => {
      const of = day.faults.filter((one) => one !== fault && overlaps(episode, one));
      return of.length > 0 && of.every((one) => isRepeat(one, fault));
    };
    const rank = asked.ranked.findIndex((one) => isRight(one.case)) + 1;
    const byTime = asked.past.toSorted((a, b) => b.fromMs - a.fromMs);
    const latestRank = byTime.findIndex(isRight) + 1;
    const [first] = asked.ranked;
    repeats.push({
      fault,
      ongoing: logged.some((one) => overlaps(asked.episode, one)),
      ...(rank > 0 ? { rank } : {}),
      ...(latestRank > 0 ? { latestRank } : {}),
      ...(first ? { first } : {}),
    });
  }
  return { repeats, notAsked, firsts };
}

/** hit@1, hit@3 and the mean reciprocal rank over ranks from 1. */
export function rankFigures(ranks: readonly (number | undefined)[]) {
  const share = (of: (rank: number) => number) =>
    ranks.length === 0
      ? null
      : round(
          ranks.reduce<number>((sum, rank) => sum + (rank ? of(rank) : 0), 0) / ranks.length,
          3,
        );
  return {
    asked: ranks.length,
    hit_at_1: share((rank) => Number(rank <= 1)),
    hit_at_3: share((rank) => Number(rank <= 3)),
    mrr: share((rank) => 1 / rank),
  };
}

export function minutesOf(errors: readonly NezhaError[]): Minute[] {
  const byMinute = Map.groupBy(errors, ({ atMs }) => Math.floor(atMs / MINUTE_MS) * MINUTE_MS);
  return [...byMinute].map(([atMs, all]) => ({ atMs, count: all.length }));
}

function isRepeat(earlier: Fault, fault: Fault): boolean {
  const { atMs, service, kind } = fault;
  return earlier.atMs < atMs && earlier.service === service && earlier.kind === kind;
}

function overlaps({ fromMs, toMs }: Episode, { atMs }: Fault): boolean {
  return fromMs < atMs + FAULT_MS && toMs + MINUTE_MS > atMs;
}

/** The errors of a day as they were known at any time of it. */
function createHistory(
  { errors }: NezhaDay,
  quiet: Quiet,
  vectors: ReadonlyMap<string, Float32Array>,
) {
  const byGroup = Map.groupBy(errors, ({ group }) => group);
  const reachMs = reachOf(quiet.leastMs);
  const within = (list: readonly NezhaError[], from: number, to: number) =>
    list.filter(({ atMs }) => atMs >= from && atMs < to);
  const toCase = (episode: Episode, nowMs: number): EpisodeCase => {
    const { group, fromMs } = episode;
    const around = { fromMs, nowMs, reachMs };
    const { during, before } = windowsOf(around);
    const own = byGroup.get(group) ?? [];
    const service = own[0]?.service ?? "";
    const others = [...byGroup].flatMap(([other, all]) => {
      if (other === group) return [];
      const near = within(all, before[0], during[1]);
      // As the service asks its store: what was seen in the same service.
      const related = near.some((one) => one.service === service);
      return related ? [{ group: other, minutes: minutesOf(near) }] : [];
    });
    const rose = roseWith(around, others, TOP_RISES);
    const count = within(own, ...during).length;
    const vector = vectors.get(group);
    const id = `${group}@${fromMs}`;
    return { id, group, service, fromMs, episode, count, rose, ...(vector ? { vector } : {}) };
  };
  const errorsOf = ({ atMs, service }: Fault, about: Asked = "injected service") =>
    within(errors, atMs, atMs + FAULT_MS).filter(
      (one) => about === "any service" || one.service === service,
    );
  return {
    errorsOf,
    /** The episode of the group that rose the most, and what was past then; undefined where no error was logged. */
    ask(fault: Fault, about: Asked) {
      const nowMs = fault.atMs + FAULT_MS;
      const known = [...byGroup].map(([group, all]): [string, NezhaError[]] => [
        group,
        all.filter(({ atMs }) => atMs < nowMs),
      ]);
      const episodes = known.flatMap(([group, all]) =>
        episodesOf(group, minutesOf(all), nowMs, quiet),
      );
      const rise = (group: string) => {
        const all = byGroup.get(group) ?? [];
        const during = within(all, fault.atMs, nowMs).length;
        const before = within(all, fault.atMs - FAULT_MS, fault.atMs).length;
        return liftOf({ during, before, duringMs: FAULT_MS, beforeMs: FAULT_MS }).atLeast;
      };
      const [group] = [...new Set(errorsOf(fault, about).map((one) => one.group))].toSorted(
        (a, b) => rise(b) - rise(a),
      );
      const episode = episodes.findLast((one) => one.group === group && overlaps(one, fault));
      if (!episode) return undefined;
      const past = episodes
        .filter(({ ended, fromMs }) => ended && fromMs < episode.fromMs)
        .map((one) => toCase(one, nowMs));
      return {
        episode,
        past,
        ranked: rankPastCases(toCase(episode, nowMs), past, past.length),
      };
    },
  };
}
