import assert from "node:assert/strict";
import { test } from "node:test";
import {
  advanceEpisodes,
  episodesOf,
  NO_EPISODES,
  quietMs,
  type Episode,
  type Minute,
} from "../../../src/analysis/episodes.ts";

const MINUTE = 60_000;
const at = (minute: number, count = 1): Minute => ({ atMs: minute * MINUTE, count });
const quiet = { leastMs: 6 * 60 * MINUTE, factor: 10 };
const THREE_MINUTES = { leastMs: 3 * MINUTE, factor: 0 };

const spans = (episodes: readonly Episode[]) =>
  episodes.map(({ fromMs, toMs, count, ended }) => [
    fromMs / MINUTE,
    toMs / MINUTE,
    count,
    ended ? "ended" : "open",
  ]);

test("an episode ends with a silence longer than the quiet, not with one as long", () => {
  const minutes = [at(0, 2), at(3), at(7, 4)];
  assert.deepEqual(spans(episodesOf("g", minutes, 7 * MINUTE, THREE_MINUTES)), [
    [0, 3, 3, "ended"],
    [7, 7, 4, "open"],
  ]);
});

test("the last episode ends by time alone", () => {
  const ended = (nowMinute: number) =>
    episodesOf("g", [at(0)], nowMinute * MINUTE, THREE_MINUTES)[0]?.ended;
  assert.deepEqual([ended(3), ended(4)], [false, true]);
});

test("a group that is seen once a day does not come back every day", () => {
  const day = 24 * 60;
  const nightly = Array.from({ length: 8 }, (_, i) => at(i * day));
  const episodes = spans(episodesOf("g", nightly, 7 * day * MINUTE, quiet));
  // Three gaps are needed to know what is usual.
  assert.deepEqual(episodes, [
    [0, 0, 1, "ended"],
    [day, day, 1, "ended"],
    [2 * day, 2 * day, 1, "ended"],
    [3 * day, 7 * day, 5, "open"],
  ]);
});

test("the usual gap is the median of gaps between minutes, whatever the records in one", () => {
  assert.equal(quietMs({ leastMs: 5, factor: 10 }, [1, 100, 2]), 20);
  assert.equal(quietMs({ leastMs: 50, factor: 10 }, [1, 100, 2]), 50);
  assert.equal(quietMs({ leastMs: 5, factor: 10 }, [100, 100]), 5, "two gaps say nothing");
  assert.equal(quietMs({ leastMs: 5, factor: 0 }, [1, 100, 2]), 5, "0 is off");
});

test("minutes read one by one come to the same episodes as all at once", () => {
  const minutes = [0, 1, 2, 9, 10, 30, 31, 45, 100, 101, 350, 351].map((minute) => at(minute, 2));
  const settings = { leastMs: 3 * MINUTE, factor: 5 };
  let state = NO_EPISODES;
  const ended: Episode[] = [];
  for (let minute = 0; minute <= 351; minute++) {
    const given = minutes.filter(({ atMs }) => atMs === minute * MINUTE);
    const step = advanceEpisodes("g", state, given, minute * MINUTE, settings);
    ({ state } = step);
    ended.push(...step.ended);
  }
  const all = episodesOf("g", minutes, 351 * MINUTE, settings);
  assert.deepEqual(spans(ended), spans(all.filter((one) => one.ended)));
  assert.equal(state.open?.fromMs, all.at(-1)?.fromMs);
});

test("records that come late lose no count and move no end", () => {
  const first = advanceEpisodes("g", NO_EPISODES, [at(10), at(12)], 12 * MINUTE, THREE_MINUTES);
  const late = [at(11, 5), at(8, 2), at(1, 7)];
  const next = advanceEpisodes("g", first.state, late, 12 * MINUTE, THREE_MINUTES);
  assert.deepEqual(spans(next.ended), [[1, 1, 7, "ended"]]);
  assert.deepEqual(next.state.open, { fromMs: 8 * MINUTE, toMs: 12 * MINUTE, count: 9 });
});

test("what is kept of a group stays small", () => {
  const minutes = Array.from({ length: 5000 }, (_, i) => at(i * 2));
  const { state } = advanceEpisodes("g", NO_EPISODES, minutes, 10_000 * MINUTE, quiet);
  assert.equal(state.gapsMs.length, 99);
});
