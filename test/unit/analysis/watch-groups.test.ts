import assert from "node:assert/strict";
import { test } from "node:test";
import {
  watchFrom,
  watchGroups,
  withStanding,
  type Finding,
  type Standing,
  type WatchState,
} from "../../../src/analysis/watch-groups.ts";

const MINUTE = 60_000;
const DAY = 24 * 60;
const START = 100 * DAY;
const SETTINGS = {
  newAtLeast: 3,
  windowMs: 10 * MINUTE,
  lookBackMs: 30 * DAY * MINUTE,
  maxAgeMs: 60 * MINUTE,
  quiet: { leastMs: 360 * MINUTE, factor: 10 },
};
type Counts = [minute: number, count: number][];

/** A watch of one group; minutes count from an arbitrary day. */
function watch(from: WatchState = {}) {
  let state = from;
  return {
    /** The kinds of what is told at this minute, about records that came at those. */
    look(nowMinute: number, counts: Counts = []): string[] {
      const minutes = counts.map(([minute, count]) => ({ atMs: (START + minute) * MINUTE, count }));
      const given = minutes.length > 0 ? [{ group: "g", minutes }] : [];
      const seen = watchGroups(
        state,
        { nowMs: (START + nowMinute) * MINUTE, counts: given },
        SETTINGS,
      );
      ({ state } = seen);
      return seen.findings.map(({ kind }: Finding) => kind);
    },
    person: (said: Standing["state"], minute = 0) =>
      (state = withStanding(state, "g", { state: said, saidMs: (START + minute) * MINUTE })),
    state: () => state,
  };
}
const seenAt = (minute: number, said: Standing["state"] = "open") =>
  watchFrom(
    [
      {
        group: "g",
        firstMs: (START + minute) * MINUTE,
        lastMs: (START + minute) * MINUTE,
        standing: { state: said, saidMs: 0 },
      },
    ],
    SETTINGS,
  );

test("a group is new with its third record in a window, and told once", () => {
  const { look } = watch();
  assert.deepEqual(look(1, [[0, 2]]), []);
  assert.deepEqual(look(9, [[8, 1]]), ["new"]);
  assert.deepEqual(look(11, [[10, 50]]), []);
});

test("three records that are not within a window are not told", () => {
  const { look } = watch();
  assert.deepEqual(look(1, [[0, 2]]), []);
  assert.deepEqual(look(11, [[10, 1]]), []);
  assert.deepEqual(look(19, [[18, 2]]), ["new"]);
});

test("a group that came slowly for more than an hour is not new when it comes fast, however often it is looked at", () => {
  for (const between of [[], [61, 90]]) {
    const { look } = watch();
    assert.deepEqual(look(1, [[0, 1]]), []);
    for (const minute of between) assert.deepEqual(look(minute), []);
    assert.deepEqual(look(101, [[100, 9]]), []);
    assert.deepEqual(look(501, [[500, 1]]), ["back"]);
  }
});

test("a group that was seen once is back after a silence, however often it was looked at", () => {
  for (const between of [[], [61], [61, 450]]) {
    const { look } = watch();
    assert.deepEqual(look(1, [[0, 1]]), []);
    for (const minute of between) assert.deepEqual(look(minute), []);
    assert.deepEqual(look(501, [[500, 1]]), ["back"]);
  }
});

test("what was seen within the look-back is not new", () => {
  assert.deepEqual(watch(seenAt(-5)).look(1, [[0, 9]]), []);
});

test("what was not seen for the whole look-back is new", () => {
  assert.deepEqual(watch(seenAt(-31 * DAY)).look(1, [[0, 9]]), ["new"]);
});

test("a drain of old logs tells nothing, and what it saw is not new afterwards", () => {
  const { look } = watch();
  assert.deepEqual(look(500, [[0, 900]]), []);
  assert.deepEqual(look(501, [[500, 9]]), ["back"]);
});

test("a group whose first record is old is not new, whatever came since", () => {
  const { look } = watch();
  assert.deepEqual(
    look(500, [
      [0, 9],
      [499, 9],
    ]),
    ["back"],
  );
});

test("old records of a group that is known tell neither a return nor the beginning of a spike", () => {
  const { look } = watch(seenAt(-1000));
  const usual: Counts = Array.from({ length: 10 }, (_, i) => [i * 10, 5]);
  const burst: Counts = [
    [100, 90],
    [110, 90],
  ];
  assert.deepEqual(look(250, [...usual, ...burst]), ["spike_ended"]);
  assert.deepEqual(look(300), []);
});

test("a group is back after a silence, once an episode", () => {
  const { look } = watch(seenAt(-400));
  assert.deepEqual(look(1, [[0, 1]]), ["back"]);
  assert.deepEqual(look(3, [[2, 1]]), []);
  assert.deepEqual(look(400), []);
  assert.deepEqual(look(402, [[401, 1]]), ["back"]);
});

test("a resolved group is back with its next record, however soon, and open again", () => {
  const { look, person, state } = watch(seenAt(-2));
  person("resolved");
  assert.deepEqual(look(1, [[0, 1]]), ["back"]);
  assert.equal(state()["g"]?.standing.state, "open");
  assert.deepEqual(look(2, [[1, 1]]), []);
});

test("what a person said once of a group that came back since is not said again", () => {
  const { look, person } = watch(seenAt(-2));
  person("resolved", 5);
  assert.deepEqual(look(7, [[6, 1]]), ["back"]);
  person("resolved", 5);
  assert.deepEqual(look(8, [[7, 1]]), []);
  person("resolved", 9);
  assert.deepEqual(look(11, [[10, 1]]), ["back"]);
});

test("of the minute in which a group was resolved only what is later brings it back", () => {
  const said = START * MINUTE + 30_000;
  const look = (latestMs: number) =>
    watchGroups(
      withStanding(seenAt(0), "g", { state: "resolved", saidMs: said }),
      {
        nowMs: (START + 1) * MINUTE,
        counts: [{ group: "g", minutes: [{ atMs: START * MINUTE, count: 2 }], latestMs }],
      },
      SETTINGS,
    ).findings;
  assert.deepEqual(look(said - 1), []);
  assert.deepEqual(look(said + 1), [
    { group: "g", kind: "back", sinceMs: said, count: 2, silentMs: 30_000, resolvedMs: said },
  ]);
});

test("a known group is told once at its return, and again only after it rose", () => {
  const { look } = watch(seenAt(-400, "known"));
  assert.deepEqual(look(1, [[0, 1]]), ["known"]);
  assert.deepEqual(look(402, [[401, 1]]), []);
  const burst: Counts = [
    [1010, 30],
    [1020, 30],
  ];
  assert.deepEqual(look(1030, burst), ["spike"]);
  assert.deepEqual(look(1100), ["spike_ended"]);
  assert.deepEqual(look(6 * DAY, [[6 * DAY - 1, 1]]), ["known"]);
});

test("a muted group is told by nothing, and stays muted beyond the look-back", () => {
  const { look } = watch(seenAt(-400, "muted"));
  assert.deepEqual(look(1, [[0, 100]]), []);
  assert.deepEqual(look(40 * DAY), []);
  assert.deepEqual(look(40 * DAY + 2, [[40 * DAY + 1, 100]]), []);
});

test("a burst is told as a spike when its windows are over, though nothing comes any more", () => {
  const { look } = watch(seenAt(-5));
  for (let minute = 0; minute < 100; minute += 10) look(minute + 1, [[minute, 5]]);
  assert.deepEqual(
    look(119, [
      [105, 60],
      [115, 60],
    ]),
    [],
  );
  assert.deepEqual(look(120), ["spike"]);
  assert.deepEqual(look(130), []);
  assert.deepEqual(look(140), ["spike_ended"]);
});

test("of a spike that began while its group was muted the end is found, once it is open", () => {
  const { look, person } = watch(seenAt(-5, "muted"));
  for (let minute = 0; minute < 100; minute += 10) look(minute + 1, [[minute, 5]]);
  const burst: Counts = [
    [100, 60],
    [110, 60],
  ];
  assert.deepEqual(look(120, burst), []);
  person("open", 130);
  assert.deepEqual(look(140), ["spike_ended"]);
});

test("a group that nobody said anything of is forgotten after the look-back", () => {
  const { look, state } = watch(seenAt(-1));
  look(2 * DAY);
  assert.deepEqual(Object.keys(state()), ["g"]);
  look(31 * DAY);
  assert.deepEqual(state(), {});
});

test("episodes that ended are handed on", () => {
  const seen = watchGroups(seenAt(-400), { nowMs: START * MINUTE, counts: [] }, SETTINGS);
  assert.deepEqual(
    seen.ended.map(({ group, toMs, ended }) => ({ group, toMs, ended })),
    [{ group: "g", toMs: (START - 400) * MINUTE, ended: true }],
  );
});

test("the state is plain data: what was written and read again goes on the same", () => {
  const { look, state } = watch();
  look(1, [[0, 2]]);
  const again: WatchState = JSON.parse(JSON.stringify(state()));
  assert.deepEqual(watch(again).look(3, [[2, 1]]), ["new"]);
});
