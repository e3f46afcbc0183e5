import assert from "node:assert/strict";
import { test } from "node:test";
import { createReplicas, wantedReplicas } from "../../../../src/telemetry/metrics/replicas.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";

const QUIET = { lanes: 12, lag: 0, backlog: 0, arrivals: 0, rate: 100 };

test("one is enough for nothing, and never more than there are partitions", () => {
  assert.equal(wantedReplicas(QUIET, 60), 1);
  assert.equal(wantedReplicas({ ...QUIET, lag: 1e9 }, 60), 12);
  assert.equal(wantedReplicas({ ...QUIET, lanes: 0, lag: 1e9 }, 60), 1);
});

test("as many as keep up with what comes and are through with what waits in time", () => {
  assert.equal(wantedReplicas({ ...QUIET, arrivals: 250 }, 60), 3);
  assert.equal(wantedReplicas({ ...QUIET, lag: 12_000 }, 60), 2);
  assert.equal(wantedReplicas({ ...QUIET, arrivals: 250, lag: 12_000 }, 60), 5);
  assert.equal(wantedReplicas({ ...QUIET, lag: 10_000, backlog: 360_000 }, 900), 4);
});

test("before any has shown what it manages, fifty a second are assumed", () => {
  assert.equal(wantedReplicas({ ...QUIET, lag: 12_000, rate: undefined }, 60), 4);
});

/** A group of four lanes, read every half minute. */
function setUp() {
  const clock = createManualClock();
  const replicas = createReplicas({ catchUpSeconds: 60 }, clock);
  const state = { end: 0, finished: 0 };
  return {
    replicas,
    /** Half a minute goes by: so many come, and so many are finished here. */
    async after(came: number, finished: number, lag: number, more: { held?: boolean } = {}) {
      await clock.advance(30_000);
      state.end += came;
      state.finished += finished;
      const rows = [0, 1, 2, 3].map((i) => ({
        end: i === 0 ? state.end : 0,
        lag: i === 0 ? lag : 0,
      }));
      const seen = { rows, finished: state.finished, waiting: 0, backlog: 0, held: false };
      replicas.heard({ ...seen, ...more });
      return replicas.desired();
    },
  };
}

test("nothing is known: nothing is said", () => {
  assert.equal(setUp().replicas.desired(), undefined);
});

test("a burst: more of them at once, and fewer only ten minutes after it is over", async () => {
  const { after } = setUp();
  assert.equal(await after(0, 0, 0), 1);
  assert.equal(await after(9000, 3000, 6000), 4, "300 a second come");
  assert.equal(await after(9000, 3000, 12_000), 4);
  const later: (number | undefined)[] = [];
  for (let i = 0; i < 25; i++) later.push(await after(0, 0, 0));
  assert.deepEqual([...new Set(later)], [4, 1]);
  assert.equal(later.lastIndexOf(4), 18, "from then on ten minutes");
});

test("a replica's throughput is learned while it has enough to do, and not while it waits for more", async () => {
  const { after } = setUp();
  await after(0, 0, 100_000);
  // 400 a second here: for 500 a second more and 24,000 that wait two of them do.
  assert.equal(await after(0, 12_000, 88_000), 4);
  for (let i = 0; i < 22; i++) await after(0, 0, 0);
  assert.equal(await after(12_000, 12_000, 0), 1, "400 a second come, and it keeps up");
  assert.equal(await after(15_000, 12_000, 3000), 2);
});

test("while nothing goes through nobody is called for, nor sent away", async () => {
  const { after } = setUp();
  assert.equal(await after(0, 0, 6000), 2);
  assert.equal(await after(30_000, 0, 36_000, { held: true }), 2);
  for (let i = 0; i < 30; i++) assert.equal(await after(0, 0, 36_000, { held: true }), 2);
  assert.equal(await after(0, 0, 36_000), 4);
});

test("records whose document does not exist yet count as no work", async () => {
  const clock = createManualClock();
  const replicas = createReplicas({ catchUpSeconds: 60 }, clock);
  const rows = [
    { end: 1e6, lag: 40_000 },
    { end: 0, lag: 0 },
  ];
  replicas.heard({ rows, waiting: 40_000, backlog: 0, finished: 0, held: false });
  assert.equal(replicas.desired(), 1);
});
