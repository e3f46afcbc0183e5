import assert from "node:assert/strict";
import { test } from "node:test";
import { errorLog } from "../../../support/log-documents.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { setUpBackfill, type BackfillSetup } from "../../backfill/backfill-setup.ts";

const INDEX = "app_logs";
const named = (number: number) => ({ index: INDEX, id: `log-${number}` });

test("a record without a text that gets one by an update is given its vector by the next cycle", async () => {
  const { cycle, store } = setUpBackfill([errorLog(1, " "), errorLog(2, "")]);
  assert.equal((await cycle()).summary.outcomes.empty, 2);
  store.change(named(1), { message: "no route to host" });
  await store.makeVisible([INDEX], new AbortController().signal);
  const { summary } = await cycle();
  assert.deepEqual([summary.found, summary.outcomes.updated, summary.backlog], [1, 1, 0]);
  assert.ok(store.read(named(1))?.["log_vector"]);
  assert.equal((await cycle()).summary.taken, 0, "what has no text still is skipped");
});

test("a refused text that is corrected by an update is tried at once, and drained", async () => {
  const { cycle, drain, store, embedder } = setUpPoison([
    errorLog(1, "poison"),
    errorLog(2, "fine"),
  ]);
  await cycle();
  store.change(named(1), { message: "mended" });
  await store.makeVisible([INDEX], new AbortController().signal);
  const { summary } = await drain();
  assert.deepEqual([summary.found, summary.outcomes.updated, summary.backlog], [1, 1, 0]);
  const asked = embedder.calls.flat().length;
  store.change(named(2), { hint: "not the text" });
  await drain();
  assert.equal(embedder.calls.flat().length, asked);
});

test("a refused record that is changed beside its text stays refused", async () => {
  const { cycle, store } = setUpPoison([errorLog(1, "poison"), errorLog(2, "fine")]);
  await cycle();
  store.change(named(1), { hint: "not the text" });
  await store.makeVisible([INDEX], new AbortController().signal);
  assert.equal((await cycle()).summary.found, 0);
});

test("a locally quarantined record is released with its text, its document or its index", async () => {
  const setup = setUpPoison([1, 2, 3].map((number) => errorLog(number, "poison")));
  const { cycle, store, localQuarantine } = setup;
  store.refuse(() => new Fault("record", "fake: takes no update"));
  await cycle();
  assert.equal(localQuarantine.keys().length, 3);
  store.refuse(undefined);
  store.change(named(1), { message: "mended" });
  store.change(named(2), { hint: "not the text" });
  store.remove(named(3));
  await store.makeVisible([INDEX], new AbortController().signal);
  const { summary } = await cycle();
  assert.deepEqual(
    [summary.outcomes.updated, localQuarantine.keys()],
    [1, [`${INDEX}#uuid-1/log-2`]],
  );
  store.drop(INDEX);
  store.seed([errorLog(2, "poison")]);
  const again = await cycle();
  assert.equal(again.summary.found, 1);
  assert.deepEqual(localQuarantine.keys(), []);
});

test("a mark of an earlier version without its field is reviewed again, once", async () => {
  const old = { log_vector_meta: { skipped: "empty" } };
  const { cycle, store } = setUpBackfill([
    { ...named(1), source: { ...errorLog(1, "was elsewhere").source, ...old } },
    { ...named(2), source: { ...errorLog(2, " ").source, ...old } },
  ]);
  const { outcomes } = (await cycle()).summary;
  assert.deepEqual([outcomes.updated, outcomes.empty], [1, 1]);
  assert.partialDeepStrictEqual(store.read(named(2)), {
    log_vector_meta: { skipped: "empty", field: "message" },
  });
  assert.equal((await cycle()).summary.taken, 0);
});

test("where marks cannot be read, the work goes on without a review", async () => {
  const { cycle, store } = setUpBackfill([errorLog(1, " "), errorLog(2, "fine")]);
  store.before("findLatestMarked", () => {
    throw new Fault("credentials", "fake: not for you");
  });
  await cycle();
  store.change(named(1), { message: "text" });
  await store.makeVisible([INDEX], new AbortController().signal);
  assert.equal((await cycle()).summary.taken, 0);
  store.before("findLatestMarked", undefined);
  assert.equal((await cycle()).summary.outcomes.updated, 1);
});

/** An embedder that refuses every text called poison. */
function setUpPoison(documents: ReturnType<typeof errorLog>[], options: BackfillSetup = {}) {
  const setup = setUpBackfill(documents, options);
  setup.embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "fake: poison");
    return answer();
  });
  return setup;
}
