import assert from "node:assert/strict";
import { test } from "node:test";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill, type BackfillSetup } from "./backfill-setup.ts";

const INDEX = "app_logs";
type Setup = ReturnType<typeof setUpBackfill>;

/** What a nightly job does: the same ids and texts, in the same index or in one that is made anew. */
const LOADS: [string, (setup: Setup, documents: ReturnType<typeof errorLogs>) => void][] = [
  [
    "deleted and made anew under its name",
    ({ store }, documents) => {
      store.drop(INDEX);
      store.seed(documents);
    },
  ],
  ["emptied and imported again", ({ store }, documents) => store.seed(documents)],
];

for (const [what, reload] of LOADS) {
  for (const options of [{}, { batchSize: 10 }] satisfies BackfillSetup[]) {
    const how = options.batchSize === undefined ? "" : ", ten at a time";
    test(`an index that is ${what} four times a day ends with all its vectors${how}`, async () => {
      const documents = errorLogs(60);
      const setup = setUpBackfill(documents, options);
      for (let load = 0; load < 4; load++) {
        if (load > 0) reload(setup, documents);
        // A new process: nothing is in its cache.
        const next = setUpBackfill([], { ...options, left: setup });
        await next.deps.writeLoops.load();
        await next.deps.localQuarantine.sync();
        await next.drain();
        const { summary } = await next.drain();
        await next.deps.writeLoops.save();
        assert.deepEqual([summary.backlog, summary.looping], [0, 0], `load ${load}`);
        for (const { index, id } of documents) {
          assert.ok(setup.store.read({ index, id })?.["log_vector"], `load ${load}: ${id}`);
        }
        await setup.clock.advance(6 * 3_600_000);
      }
    });
  }
}

test("a reload is told once for its index, with how many records and what they cost", async () => {
  const documents = errorLogs(60);
  const setup = setUpBackfill(documents, { pricePerMillionTokens: 1000, batchSize: 25 });
  await setup.drain();
  const { deps, store, told } = setup;
  for (let load = 0; load < 2; load++) {
    store.seed(documents);
    await setup.drain();
    deps.reloads.tell();
  }
  assert.equal(told.indexReloaded.length, 1, "it is one trouble within the hour");
  const [{ index, records, reused, costUsd } = assert.fail()] = told.indexReloaded;
  assert.deepEqual([index, records, reused, costUsd], [INDEX, 60, 60, 0], "the cache had them");
});

test("a reload that comes up a few records at a time is told with all of them", async () => {
  const documents = errorLogs(60);
  const setup = setUpBackfill(documents, { batchSize: 10 });
  await setup.drain();
  setup.store.seed(documents);
  await setup.drain();
  setup.deps.reloads.tell();
  assert.deepEqual(
    setup.told.indexReloaded.map(({ index, records }) => [index, records]),
    [[INDEX, 60]],
  );
});

test("a record that alone loses its vector is a loop: left, counted as backlog, and reported once an index", async () => {
  const setup = setUpBackfill([1, 2, 3].map((number) => errorLog(number, `text ${number}`)));
  const { cycle, store, told, localQuarantine } = setup;
  const strip = (number: number) => {
    const id = `log-${number}`;
    store.seed([errorLog(number, `text ${number}`)]);
    return { index: INDEX, id };
  };
  for (let i = 0; i < 3; i++) {
    await cycle();
    strip(1);
    strip(2);
  }
  const { summary } = await cycle();
  assert.deepEqual([summary.found, summary.looping, summary.backlog], [0, 2, 2]);
  assert.equal(localQuarantine.all().length, 2);
  assert.deepEqual(
    told.recordsLooping.map(({ index, ids }) => [index, ids.toSorted()]),
    [[INDEX, ["log-1", "log-2"]]],
  );
  assert.deepEqual(told.recordFailed, []);
});

test("a text that is changed ends a loop", async () => {
  const { cycle, store, localQuarantine } = setUpBackfill([errorLog(1, "one")]);
  for (let i = 0; i < 3; i++) {
    await cycle();
    store.seed([errorLog(1, "one")]);
  }
  assert.equal((await cycle()).summary.looping, 1);
  store.seed([errorLog(1, "another")]);
  const { summary } = await cycle();
  assert.deepEqual([summary.outcomes.updated, summary.looping, localQuarantine.all()], [1, 0, []]);
});
