import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../src/domain/version.ts";
import { createEmbedderLimits } from "../../../src/limits/embedder-limits.ts";
import { readStatus } from "../../../src/status/status.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { StateStore } from "../../../src/ports/state-store.ts";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { issuesOf } from "../../../src/status/issues/issues.ts";
import { countedFacts, goodFacts } from "../../support/issue-facts.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createFakeProcesses } from "../../support/fakes/processes.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { otherModelsIn } from "../../support/other-models.ts";

const IN_FORCE = { model: "fake-model", dimensions: 2, chosenBy: "settings" } as const;

function vectorized(number: number, index: string) {
  const document = errorLog(number, "text", index);
  return { ...document, source: { ...document.source, log_vector: [1, 2] } };
}

const BASIS = { field: "message", text_hash: "hash" };

function setUp() {
  const store = createFakeLogStore([
    ...errorLogs(1, "a"),
    vectorized(10, "a"),
    vectorized(11, "a"),
    vectorized(12, "a"),
    errorLog(13, null, "a"),
    ...errorLogs(4, "b"),
  ]);
  const state = createMemoryState();
  const localQuarantine = localQuarantineIn(state);
  const clock = createManualClock();
  const processes = createFakeProcesses(1, { 3: "gone" });
  const read = (usdPerDay?: number, held = 0) => {
    const limit = usdPerDay === undefined ? {} : { usdPerDay };
    const otherModels = otherModelsIn({ store, clock });
    return readStatus(
      {
        store,
        state,
        localQuarantine,
        processes,
        clock,
        inForce: IN_FORCE,
        otherModels,
        heldVectors: () => Promise.resolve(held),
        ...limit,
      },
      new AbortController().signal,
    );
  };
  return { store, state, localQuarantine, clock, read };
}

function localQuarantineIn(state: StateStore) {
  return createLocalQuarantine({
    state,
    clock: createManualClock(),
    events: recordEvents().events,
  });
}

test("vectors that are paid for and not written are counted", async () => {
  const { read } = setUp();
  assert.equal((await read(undefined, 467)).held_vectors, 467);
});

test("coverage and backlog per index, and in all", async () => {
  const { read, store } = setUp();
  store.define("c", { unfit: "closed" });
  const status = await read();
  assert.deepEqual(status, {
    indices: [
      {
        index: "b",
        records: 4,
        vectorized: 0,
        other_model: 0,
        pending: 4,
        quarantined: 0,
        without_text: 0,
        coverage: 0,
        search: "graph",
        oldest_pending: "2026-01-01T00:00:00.000Z",
      },
      {
        index: "a",
        records: 5,
        vectorized: 3,
        other_model: 0,
        pending: 1,
        quarantined: 0,
        without_text: 1,
        coverage: 0.75,
        search: "graph",
        oldest_pending: "2026-01-01T00:00:00.000Z",
      },
    ],
    total: {
      records: 9,
      vectorized: 3,
      other_model: 0,
      pending: 5,
      quarantined: 0,
      without_text: 1,
      coverage: 0.375,
    },
    model: { model: "fake-model", dimensions: 2, chosen_by: "settings" },
    other_models: null,
    unfit: [{ index: "c", reason: "closed" }],
    textless: [],
    unsearchable: [],
    looping: [],
    held_vectors: 0,
    gaps: [],
    breaker: null,
    spent_today: { day: "2026-01-02", tokens: 0, cost_usd: 0, limit_usd: null },
    sweep: null,
    kafka: null,
    daemon: null,
    tail: null,
    worker: null,
    processes: [],
    issues: issuesOf(
      goodFacts({
        cycles: undefined,
        counted: countedFacts({ unfit: [{ index: "c", reason: "closed" }] }),
      }),
    ),
  });
  assert.deepEqual(
    status.issues.map(({ id, which }) => [id, which]),
    [["unfit", "c"]],
  );
});

test("records that lose their vectors repeatedly are counted by index, and are an issue", async () => {
  const { read, localQuarantine, store } = setUp();
  const { fit } = await store.survey(new AbortController().signal);
  const indexUuid = fit.find(({ index }) => index === "a")?.uuid ?? "";
  const fault = new Fault("record", "its vector is gone each time");
  const record = { index: "a", indexUuid, version: asVersion("1:1") };
  localQuarantine.add({ ...record, id: "log-1" }, { textHash: "h", fault, cause: "loop" });
  localQuarantine.add({ ...record, id: "log-2" }, { textHash: "h", fault });
  localQuarantine.add(
    { ...record, index: "gone", id: "1" },
    { textHash: "h", fault, cause: "loop" },
  );
  await localQuarantine.keep();
  const { looping, issues } = await read();
  assert.deepEqual(looping, [{ index: "a", records: 1 }]);
  assert.deepEqual(
    issues.map(({ id, which }) => [id, which]),
    [["looping", "a"]],
  );
});

test("a process that died without a stop is an issue, one that runs or was stopped is none", async () => {
  const { read, state, clock } = setUp();
  const now = new Date(clock.now()).toISOString();
  const entry = { ...createFakeProcesses(1).self(), started_at: now, heartbeat_at: now };
  await state.save("processes", [
    { ...entry, role: "daemon" },
    { ...entry, role: "worker", pid: 2, stopped_at: now },
    { ...entry, role: "tail", pid: 3 },
  ]);
  const { processes, issues } = await read();
  assert.deepEqual(
    processes.map(({ role, state: is }) => [role, is]),
    [
      ["daemon", "running"],
      ["worker", "stopped"],
      ["tail", "died"],
    ],
  );
  assert.deepEqual(
    issues.map(({ id, which, subject }) => [id, which, subject.name]),
    [["process", "tail 3", "tail"]],
  );
});

test("the daemon's state comes with it as it was left", async () => {
  const { read, state } = setUp();
  const entry = {
    role: "daemon",
    ...createFakeProcesses(1).self(),
    started_at: "2026-01-02T03:00:00.000Z",
    heartbeat_at: "2026-01-02T03:04:00.000Z",
    last_error: { message: "x" },
  };
  const older = { ...entry, pid: 2, started_at: "2026-01-02T02:00:00.000Z" };
  await state.save("processes", [entry, older]);
  assert.deepEqual((await read()).daemon, entry);
});

test("refused records are neither backlog nor without text, and lower the coverage", async () => {
  const { read, store } = setUp();
  const { source, ...refused } = errorLog(14, "poison", "a");
  const mark = { skipped: "refused", attempts: 4, error: "cannot be read", ...BASIS };
  store.seed([{ ...refused, source: { ...source, log_vector_meta: mark } }]);
  const { indices, total } = await read();
  const row = {
    records: 6,
    vectorized: 3,
    other_model: 0,
    pending: 1,
    quarantined: 1,
    without_text: 1,
  };
  const rest = { search: "graph", oldest_pending: "2026-01-01T00:00:00.000Z" };
  assert.deepEqual(indices[1], { index: "a", ...row, coverage: 0.6, ...rest });
  assert.equal(total.quarantined, 1);
});

test("a record in the local quarantine counts as quarantined, also where another process put it there", async () => {
  const { read, state, store } = setUp();
  const other = localQuarantineIn(state);
  const refusal = { textHash: "hash", fault: new Fault("record", "fake: no") };
  const { fit } = await store.survey(new AbortController().signal);
  const indexUuid = fit.find(({ index }) => index === "b")?.uuid ?? "";
  for (const id of ["log-1", "gone"]) {
    other.add({ index: "b", indexUuid, id, version: asVersion("0:1") }, refusal);
  }
  await other.keep();
  const row = (await read()).indices.find(({ index }) => index === "b");
  assert.partialDeepStrictEqual(row, { records: 4, pending: 3, quarantined: 1 });
});

test("of an index that cannot be seen in whole nothing is counted, and there is no total", async () => {
  const { read, store } = setUp();
  store.define("a", { partial: "2 of 5 shards failed" });
  const { gaps, indices, total } = await read();
  assert.deepEqual(gaps, [{ index: "a", reason: "2 of 5 shards failed" }]);
  const none = { records: null, pending: null, coverage: null };
  assert.partialDeepStrictEqual(indices, [
    { index: "b", records: 4 },
    { index: "a", ...none, oldest_pending: null },
  ]);
  assert.partialDeepStrictEqual(total, none);
});

test("where there are no indices, all is covered", async () => {
  const state = createMemoryState();
  const clock = createManualClock();
  const store = createFakeLogStore();
  const otherModels = otherModelsIn({ store, clock });
  const heldVectors = async () => 0;
  const localQuarantine = localQuarantineIn(state);
  const kept = { localQuarantine, inForce: IN_FORCE, otherModels, heldVectors };
  const deps = { store, state, clock, processes: createFakeProcesses(), ...kept };
  const status = await readStatus(deps, new AbortController().signal);
  assert.deepEqual(status.indices, []);
  assert.equal(status.total.coverage, 1);
  assert.deepEqual(
    status.issues.map(({ id }) => id),
    ["no_index"],
  );
});

test("today's spending is shown with its limit, and with the fault for which the embedder refuses every request", async () => {
  const { read, state, clock } = setUp();
  const guard = createEmbedderLimits({
    state,
    clock,
    events: recordEvents().events,
    limits: { usdPerDay: 5 },
    price: 2,
  });
  const { signal } = new AbortController();
  const first = await guard.for("tail").admit([600_000], signal);
  assert.ok(first && "texts" in first);
  first.answered(500_000, undefined);
  const second = await guard.for("tail").admit([10], signal);
  assert.ok(second && "texts" in second);
  second.failed(new Fault("credentials", "fake: 401"));
  await guard.flush();
  const status = await read(5);
  const spent = { day: "2026-01-02", tokens: 500_000, cost_usd: 1, limit_usd: 5 };
  assert.deepEqual(status.spent_today, spent);
  assert.deepEqual(status.breaker, {
    kind: "credentials",
    message: "fake: 401",
    hint: FAULT_POLICIES.credentials.advice,
    since: new Date(clock.now()).toISOString(),
  });
});

test("vectors of another model are counted apart, and the five counts add up", async () => {
  const { read, store } = setUp();
  const { source, ...rest } = vectorized(20, "a");
  const meta = { model: "old", dimensions: 2 };
  store.seed([{ ...rest, source: { ...source, log_vector_meta: meta } }]);
  store.coverage = createFakeLogStore([{ ...rest, source: { ...source, log_vector_meta: meta } }], {
    inForce: IN_FORCE,
  }).coverage;
  const { total, other_models: others, model } = await read();
  assert.deepEqual([total.vectorized, total.other_model, total.coverage], [0, 1, 0]);
  assert.ok(total.records !== null);
  const { records, vectorized: own, other_model: other, pending, quarantined } = total;
  assert.equal(records, own + other + pending + quarantined + total.without_text);
  assert.deepEqual(others?.models, [{ ...meta, records: 1 }]);
  assert.equal(others.command, "log-vectorizer reembed");
  assert.deepEqual([model.model, model.dimensions], [IN_FORCE.model, IN_FORCE.dimensions]);
});
