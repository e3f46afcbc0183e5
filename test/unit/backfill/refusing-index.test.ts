import assert from "node:assert/strict";
import { test } from "node:test";
import { vectorsWritten } from "../../../src/domain/outcome.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill, type BackfillSetup } from "./backfill-setup.ts";

const REFUSAL = new Fault("configuration", "fake: takes bytes, not floats");
const GOOD = 20;

/** Many new records in an index that refuses every vector, and older ones in one that does not. */
function setUp({ foreign = true, ...options }: BackfillSetup & { foreign?: boolean } = {}) {
  const logs = [...errorLogs(GOOD, "good"), ...errorLogs(350, "bad", 10_000)];
  const setup = setUpBackfill(logs, options);
  if (foreign) setup.store.define("bad", { foreign: true });
  const refused = { is: true };
  setup.store.refuse((update) =>
    refused.is && update.record.index === "bad" && "vector" in update ? REFUSAL : undefined,
  );
  const texts = () => setup.embedder.calls.flat().length;
  /** What a process does at its end. */
  const save = () => Promise.all([setup.deps.paused.save(), setup.deps.trials.save()]);
  return { ...setup, refused, texts, save };
}

async function nextProcess(setup: ReturnType<typeof setUp>) {
  await setup.save();
  const { clock, store, state } = setup;
  const next = setUpBackfill([], { left: { clock, store, state } });
  await next.deps.trials.load();
  return { ...next, texts: () => next.embedder.calls.flat().length };
}

test("an index that refuses vectors takes no place from others, and one text is paid for it", async () => {
  const setup = setUp();
  const { summary } = await setup.cycle();
  assert.equal(vectorsWritten(summary.outcomes), GOOD);
  assert.equal(summary.outcomes.deferred, 1);
  assert.equal(summary.taken, GOOD + 1);
  assert.equal(summary.skipped, 350);
  assert.equal(setup.texts(), GOOD + 1);
  assert.deepEqual(
    setup.told.indexPaused.map(({ index }) => index),
    ["bad"],
  );
});

test("a drain takes all of the others, and pays for one text of the one that refuses", async () => {
  const setup = setUp();
  const { summary, reason } = await setup.drain();
  assert.equal(vectorsWritten(summary.outcomes), GOOD);
  assert.equal(setup.texts(), GOOD + 1);
  assert.match(reason ?? "", /350 records left in bad/);
});

test("nothing more is ever paid for it, by this process or the next, until it takes the one that is paid", async () => {
  const setup = setUp();
  await setup.cycle();
  for (let hours = 0; hours < 3; hours++) {
    setup.clock.jump(3_600_000);
    await setup.cycle();
  }
  assert.equal(setup.texts(), GOOD + 1);
  const next = await nextProcess(setup);
  await next.cycle();
  assert.equal(next.texts(), 0, "its pause holds for all");
  next.clock.jump(3_600_000);
  await next.cycle();
  assert.equal(next.texts(), 0, "the vector is there already");
  assert.equal(next.told.indexResumed.length, 0);

  setup.refused.is = false;
  next.clock.jump(3_600_000);
  const { summary } = await next.cycle();
  assert.equal(vectorsWritten(summary.outcomes), 100, "the rest of the batch comes right after");
  assert.equal(next.texts(), 99);
  assert.deepEqual(next.told.indexResumed, [{ index: "bad" }]);
});

test("one that has taken vectors before makes room in the same cycle", async () => {
  const setup = setUp({ foreign: false, batchSize: 10 });
  const { summary } = await setup.cycle();
  assert.equal(summary.outcomes.deferred, 5, "its share of the batch");
  assert.equal(vectorsWritten(summary.outcomes), 10);
});

test("where another index of that name was created, it is tried again", async () => {
  const setup = setUp();
  await setup.cycle();
  setup.store.drop("bad");
  setup.store.seed(errorLogs(3, "bad"));
  setup.store.define("bad", { foreign: true });
  setup.refused.is = false;
  const { summary } = await setup.cycle();
  assert.equal(vectorsWritten(summary.outcomes), 3);
});

test("an index that was mapped by somebody else and takes its first vector has its share of that cycle", async () => {
  const setup = setUp();
  setup.refused.is = false;
  const { summary } = await setup.cycle();
  assert.equal(vectorsWritten(summary.outcomes), 100);
  assert.equal(summary.outcomes.deferred, 0);
});

test("every index has its share, however many records another has", async () => {
  const logs = ["a", "b", "c"].flatMap((index, i) => errorLogs(1000, index, i * 10_000));
  const setup = setUpBackfill([...logs, ...errorLogs(5, "few")], { batchSize: 35 });
  await setup.cycle();
  const written = Map.groupBy(setup.store.writes.flat(), ({ record }) => record.index);
  const counts = Object.fromEntries([...written].map(([index, all]) => [index, all.length]));
  assert.deepEqual(counts, { a: 10, b: 10, c: 10, few: 5 });
});

test("the record that tries an index is taken once by a drain, though search does not show its vector yet", async () => {
  const setup = setUpBackfill(errorLogs(5, "good"));
  setup.store.define("good", { foreign: true });
  const { summary } = await setup.drain();
  assert.deepEqual([summary.taken, summary.outcomes.updated], [5, 5]);
});

for (const how of ["cycle", "drain"] as const) {
  test(`${how}: blanks in front of an index that has yet to take a vector do not hold up its texts`, async () => {
    const blanks = [7, 8, 9].map((number) => errorLog(number, " "));
    const setup = setUpBackfill([...errorLogs(3), ...blanks]);
    setup.store.define("app_logs", { foreign: true });
    const { outcomes, backlog } = (await setup[how]()).summary;
    assert.deepEqual([outcomes.empty, outcomes.updated, backlog], [3, 3, 0]);
  });
}

for (const how of ["cycle", "drain"] as const) {
  test(`${how}: a vector that search does not see yet shows that its index takes vectors, and holds up no other text`, async () => {
    const setup = setUpBackfill(errorLogs(6), { batchSize: 3 });
    setup.store.define("app_logs", { foreign: true });
    let refuses = true;
    setup.store.before("makeVisible", () => {
      if (refuses) throw new Fault("credentials", "fake: no permission for refresh");
    });
    await setup.cycle();
    refuses = false;
    const { clock, store, state } = setup;
    const next = setUpBackfill([], { left: { clock, store, state } });
    const { outcomes } = (await next[how]()).summary;
    assert.deepEqual([outcomes.already_vectorized, outcomes.updated], [3, 3]);
    assert.equal(next.embedder.calls.flat().length, 3);
  });
}

for (const blanks of [3, 150]) {
  test(`a drain tries an index with a record that has a text, though ${blanks} newer ones have none`, async () => {
    const newer = Array.from({ length: blanks }, (_, i) => errorLog(10_000 + i, " ", "app"));
    const setup = setUpBackfill([...errorLogs(5, "app"), ...newer]);
    setup.store.define("app", { foreign: true });
    const { summary, reason } = await setup.drain();
    assert.partialDeepStrictEqual(summary, {
      backlog: 0,
      outcomes: { updated: 5, empty: blanks, deferred: 0 },
    });
    assert.equal(reason, undefined);
  });
}
