import assert from "node:assert/strict";
import { test } from "node:test";
import { awaitModel } from "../../../../src/app/roles/await-model.ts";
import type { ModelInForce } from "../../../../src/domain/other-models.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { createFakeProcesses, leftBy } from "../../../support/fakes/processes.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";
import { createManualStop } from "../../../support/fakes/stop-signals.ts";

const OUTAGE = new Fault("outage", "fake: connection refused");
const KNOWN: ModelInForce = { model: "m", dimensions: 2, chosenBy: "default" };
const HASHING: ModelInForce = {
  model: "local-hashing-v1",
  dimensions: 1536,
  chosenBy: "stored_vectors",
  localDefault: { name: "all-minilm-l6-v2", dimensions: 384 },
};

function setUp() {
  const clock = createManualClock();
  const state = createMemoryState();
  const { events, told } = recordEvents();
  const stop = createManualStop();
  let answer: () => Promise<ModelInForce> = () => Promise.reject(OUTAGE);
  let asked = 0;
  const memory = { now: () => ({ usedBytes: 1, limitBytes: 2 }) };
  const service = {
    clock,
    state,
    events,
    memory: { ...memory, heapBytes: () => 1 },
    processes: createFakeProcesses(),
    inForce() {
      asked++;
      return answer();
    },
  };
  return {
    clock,
    state,
    told,
    stop,
    asked: () => asked,
    answers: (model: ModelInForce) => void (answer = () => Promise.resolve(model)),
    wait: () => awaitModel(service, "daemon", stop.signals),
  };
}

test("a model that is known is not waited for, and no heartbeat is left", async () => {
  const { answers, wait, state, told } = setUp();
  answers(KNOWN);
  assert.equal(await wait(), true);
  assert.deepEqual(told.modelUnknown, []);
  assert.deepEqual(told.defaultModelUnused, []);
  assert.equal(await leftBy(state, "daemon"), undefined);
});

test("while the store does not answer it is asked again with longer waits, said once, and the process counts as alive", async () => {
  const { answers, wait, clock, state, told, asked } = setUp();
  const waiting = wait();
  await clock.advance(3000);
  assert.equal(asked(), 3);
  await clock.advance(60_000);
  assert.equal(told.modelUnknown.length, 1);
  const beat = await leftBy(state, "daemon");
  assert.ok(beat && clock.now() - Date.parse(beat.heartbeat_at) <= 30_000);
  answers(HASHING);
  await clock.advance(30_000);
  assert.equal(await waiting, true);
  assert.match(told.defaultModelUnused[0]?.action ?? "", /EMBEDDING_MODEL=all-minilm-l6-v2/);
  assert.equal(clock.sleepers, 0);
});

test("a stop ends the waiting at once", async () => {
  const { wait, clock, stop } = setUp();
  const waiting = wait();
  await clock.advance(1);
  stop.request();
  assert.equal(await waiting, false);
  assert.equal(clock.sleepers, 0);
});
