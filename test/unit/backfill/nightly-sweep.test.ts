import assert from "node:assert/strict";
import { test } from "node:test";
import { runNightlySweeps } from "../../../src/backfill/nightly-sweep.ts";
import { intervalSchedule } from "../../../src/backfill/schedule.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { openSweepState, readLastSweep } from "../../../src/pipeline/sweep-state.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createFakeProcesses } from "../../support/fakes/processes.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill } from "./backfill-setup.ts";

const IN_FORCE = { model: "fake-model", dimensions: 8 };
const INDEX = "app_logs";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RECORDS = 1200;
/** Of a page, and between pages. */
const [TURNS, PAUSES, PAUSE_MS] = [15, 6, 60_000];

type Options = { leads?: () => boolean; isBusy?: () => boolean; basis?: string; windowMs?: number };

/** Records with their vectors, and a daemon that sweeps once in 24 hours, the first time 24 hours after its start. */
async function setUp(records = RECORDS) {
  const clock = createManualClock();
  const store = createFakeLogStore(errorLogs(records), { now: clock.now, inForce: IN_FORCE });
  const state = createMemoryState();
  const setup = setUpBackfill([], { batchSize: 1000, left: { clock, store, state } });
  await setup.drain();
  await store.makeVisible([INDEX], new AbortController().signal);
  const { deps, signer, toText, stop, told } = setup;
  const pricing = {
    toText,
    tokens: createTokens().tokens,
    maxTokensPerText: 100,
    pricePerMillionTokens: 1,
  };
  const look = { store: setup.store, signer, toText, inForce: IN_FORCE, pricing, clock };
  /** So much time, and some minutes more for pages, which let others have their turn while they are looked at. */
  const pass = async (ms: number) => {
    await clock.advance(ms);
    for (let i = 0; i < PAUSES; i++) {
      for (let turn = 0; turn < TURNS; turn++) await settled();
      await clock.advance(PAUSE_MS);
    }
  };
  const start = (options: Options = {}, pid = 1, signals = stop.signals) =>
    runNightlySweeps(
      {
        sweep: { ...look, backfill: deps },
        sweepState: openSweepState({ state, clock, processes: createFakeProcesses(pid) }),
        schedule: intervalSchedule(24 * 60, clock),
        clock,
        events: deps.events,
        basis: "basis",
        windowMs: 30 * DAY,
        leads: () => true,
        isBusy: () => false,
        ...options,
      },
      signals,
    );
  return {
    ...setup,
    start,
    pass,
    clock,
    state,
    lookedAt: () => told.sweepEnded.map(({ summary }) => summary.looked_at),
    async change(number: number, message: string) {
      store.change({ index: INDEX, id: `log-${number}` }, { message });
      await store.makeVisible([INDEX], new AbortController().signal);
    },
    metaOf: (number: number) =>
      store.read({ index: INDEX, id: `log-${number}` })?.["log_vector_meta"],
  };
}

test("each night it finds what changed, and reads only what was written since the night before the last", async () => {
  const { start, pass, lookedAt, change, told, stop, metaOf, signer, state } = await setUp();
  const running = start();
  await pass(23 * HOUR);
  assert.equal(told.sweepStarted.length, 0, "not before its time");
  await change(3, "changed on the first day");
  await pass(2 * HOUR);
  assert.deepEqual(lookedAt(), [RECORDS]);
  assert.partialDeepStrictEqual(metaOf(3), {
    text_hash: signer.textHash("changed on the first day"),
  });
  await pass(DAY);
  await pass(DAY);
  await change(4, "changed on the third day");
  await pass(DAY);
  await pass(DAY);
  const [, second, third, fourth, fifth] = lookedAt();
  assert.equal(second, RECORDS, "once more, for what search did not show yet");
  assert.deepEqual([third, fourth, fifth], [1, 1, 1], "our own writes");
  assert.partialDeepStrictEqual(metaOf(4), {
    text_hash: signer.textHash("changed on the third day"),
  });
  assert.equal((await readLastSweep(state))?.reason, null);
  stop.request();
  await running;
});

test("between two pages it waits, and while a cycle runs it reads nothing", async () => {
  let busy = true;
  const { start, pass, clock, store, told, stop } = await setUp();
  const running = start({ isBusy: () => busy });
  await pass(DAY);
  assert.deepEqual([told.sweepStarted.length, store.calls.pageEmbedded], [1, 0]);
  busy = false;
  await clock.advance(1000);
  for (let turn = 0; turn < TURNS; turn++) await settled();
  assert.equal(store.calls.pageEmbedded, 1);
  await clock.advance(400);
  assert.equal(store.calls.pageEmbedded, 1, "half a second at least");
  await pass(10_000);
  assert.equal(told.sweepEnded.length, 1);
  stop.request();
  await running;
});

test("a sweep that was stopped goes on where it was, in the next process", async () => {
  const { start, pass, store, stop, lookedAt, state } = await setUp();
  store.before("pageEmbedded", (call) => {
    if (call === 2) stop.request();
  });
  const running = start();
  await pass(DAY + HOUR);
  await running;
  assert.deepEqual(lookedAt(), [1000]);
  assert.equal((await readLastSweep(state))?.reason, "stopped");
  store.before("pageEmbedded", undefined);
  const { signal } = new AbortController();
  const ended = new AbortController();
  const signals = { requested: ended.signal, embedding: signal, everything: signal };
  const next = start({}, 2, signals);
  await pass(DAY + HOUR);
  assert.deepEqual(lookedAt(), [1000, RECORDS - 1000]);
  ended.abort();
  await next;
});

for (const [what, options] of [
  ["another process leads", { leads: () => false }],
  ["there is nothing within the window", { windowMs: HOUR }],
] as const) {
  test(`where ${what}, no record is looked at`, async () => {
    const { start, pass, lookedAt, stop } = await setUp(10);
    const running = start(options);
    await pass(10 * DAY);
    assert.equal(
      lookedAt().reduce((sum, n) => sum + n, 0),
      0,
    );
    stop.request();
    await running;
  });
}

test("with another key or text version it begins from the start", async () => {
  const { start, pass, lookedAt, stop } = await setUp(10);
  const { signal } = new AbortController();
  const ended = new AbortController();
  const first = start({}, 1, { requested: ended.signal, embedding: signal, everything: signal });
  await pass(3 * DAY + HOUR);
  assert.deepEqual(lookedAt(), [10, 10, 0]);
  ended.abort();
  await first;
  const second = start({ basis: "another key" }, 2);
  await pass(DAY + HOUR);
  assert.equal(lookedAt().at(-1), 10);
  stop.request();
  await second;
});

test("records that got no new vector come up again, also after several nights", async () => {
  const { start, pass, change, told, stop, store, signer, metaOf } = await setUp(10);
  const running = start();
  await pass(3 * DAY + HOUR);
  await change(3, "changed");
  store.refuse(() => new Fault("outage", "no answer"));
  for (let night = 0; night < 4; night++) {
    await pass(DAY);
    assert.equal(told.sweepEnded.at(-1)?.summary.failed, 1);
  }
  store.refuse(undefined);
  await pass(DAY);
  await pass(DAY);
  assert.partialDeepStrictEqual(metaOf(3), { text_hash: signer.textHash("changed") });
  stop.request();
  await running;
});

test("while another process sweeps, nothing is done", async () => {
  const { start, pass, clock, told, stop, state } = await setUp(10);
  const other = openSweepState({ state, clock, processes: createFakeProcesses(7) });
  assert.ok(await other.take());
  const running = start();
  await pass(DAY + HOUR);
  assert.equal(told.sweepStarted.length, 0);
  stop.request();
  await running;
});

test("a sweep that fails is told, and the next night tries again", async () => {
  const { start, pass, told, stop, store, state } = await setUp(10);
  store.before("survey", () => {
    throw new Fault("outage", "no connection");
  });
  const running = start();
  await pass(DAY + HOUR);
  assert.equal(told.sweepFailed.length, 1);
  assert.partialDeepStrictEqual(await readLastSweep(state), {
    reason: "no connection",
    summary: null,
  });
  store.before("survey", undefined);
  await pass(DAY);
  assert.equal(told.sweepEnded.length, 1);
  stop.request();
  await running;
});
