import assert from "node:assert/strict";
import { test } from "node:test";
import { createRunner } from "../../../src/backfill/runner.ts";
import { readSpent } from "../../../src/limits/spending.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill, type BackfillSetup } from "./backfill-setup.ts";

const NEXT = new Date("2026-01-02T03:10:00Z");

function setUp(
  count: number,
  { drain = false, batchSize = 10, ...rest }: BackfillSetup & { drain?: boolean } = {},
) {
  const setup = setUpBackfill(errorLogs(count), { batchSize, ...rest });
  const runner = createRunner(setup.deps, { drain, nextRun: () => NEXT });
  return { ...setup, run: () => runner(setup.stop.signals) };
}

test("runs are numbered, told at both ends, and summed up", async () => {
  const { run, told, names } = setUp(25);
  const first = await run();
  assert.ok("summary" in first);
  assert.equal(first.summary.taken, 10);
  const second = await run();
  assert.deepEqual(
    told.cycleStarted.map(({ cycle, drain }) => [cycle, drain]),
    [
      [1, false],
      [2, false],
    ],
  );
  assert.equal(names[0], "cycleStarted");
  assert.equal(names.at(-1), "cycleEnded");
  const ended = told.cycleEnded[1];
  assert.ok("summary" in second && ended);
  assert.equal(ended.summary, second.summary);
  assert.equal(second.summary.cycle, 2);
  assert.partialDeepStrictEqual(ended.totals, { runs: 2, vectors: 20, errors: 0 });
  assert.deepEqual(ended.nextRunAt, NEXT);
  assert.deepEqual(second.totals, ended.totals);
});

test("a run that cannot begin is told of and does not throw; the next one goes on", async () => {
  const { run, store, told } = setUp(3);
  const outage = new Fault("outage", "fake: connection refused");
  store.before("survey", (call) => {
    if (call === 1) throw outage;
  });
  const first = await run();
  assert.ok("error" in first);
  assert.equal(first.error, outage);
  assert.deepEqual(told.cycleFailed, [{ cycle: 1, error: outage, nextRunAt: NEXT }]);
  assert.deepEqual(told.cycleEnded, []);
  const second = await run();
  assert.ok("summary" in second);
  assert.partialDeepStrictEqual(second.totals, { runs: 2, vectors: 3, errors: 1 });
});

test("a bug does not escape either", async () => {
  const { run, store } = setUp(3);
  const bug = new TypeError("x is not a function");
  store.before("readCurrent", () => {
    throw bug;
  });
  const result = await run();
  assert.ok("error" in result);
  assert.equal(result.error, bug);
});

test("the embedder's fault comes with the summary", async () => {
  const { run, embedder } = setUp(3);
  const fault = new Fault("quota", "no money");
  embedder.always(failWith(fault));
  const result = await run();
  assert.ok("summary" in result);
  assert.equal(result.fault, fault);
  assert.equal(result.totals.errors, 3);
});

test("an embedder that refuses every request is asked once in each run", async () => {
  const { run, embedder, told } = setUp(30, { batchSize: 30, limits: { maxTextsPerRequest: 5 } });
  embedder.always(failWith(new Fault("credentials", "fake: 401")));
  for (const runs of [1, 2, 3]) {
    const result = await run();
    assert.ok("summary" in result);
    assert.equal(result.fault?.kind, "credentials");
    assert.equal(embedder.calls.length, runs);
  }
  assert.equal(told.breakerOpened.length, 1);
  embedder.always(({ answer }) => answer());
  await run();
  assert.equal(told.breakerClosed.length, 1);
  assert.equal(embedder.calls.length, 3 + 6);
});

test("a run's spending is saved when it is over", async () => {
  const { run, state, clock } = setUp(3, { limits: { maxTextsPerRequest: 1 } });
  const result = await run();
  assert.ok("summary" in result);
  const { tokens } = await readSpent(state, clock.now(), undefined);
  assert.equal(tokens, result.summary.embedding.tokens);
});

test("a drain says why it ended early", async () => {
  const { run, embedder, told } = setUp(30, { drain: true });
  embedder.plan(({ answer }) => answer(), failWith(new Fault("quota", "no money")));
  const result = await run();
  assert.ok("summary" in result);
  assert.equal(result.summary.outcomes.updated, 10);
  assert.equal(told.cycleEnded[0]?.reason, "no money");
  assert.equal(told.cycleEnded[0]?.drain, true);
});

test("a drain that went through has no reason to give", async () => {
  const { run, told } = setUp(30, { drain: true });
  await run();
  assert.ok(told.cycleEnded[0] && !("reason" in told.cycleEnded[0]));
});

test("a run that ends in a stop announces no next one", async () => {
  const { run, stop, store, told } = setUp(3);
  store.before("write", () => stop.request());
  await run();
  assert.equal(told.cycleEnded[0]?.nextRunAt, undefined);
});
