import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../../src/domain/faults.ts";
import { recordKey } from "../../../../src/domain/log-record.ts";
import { setUpBackfill, type BackfillSetup } from "../../backfill/backfill-setup.ts";
import type { SeedDocument } from "../../../support/fakes/fake-log-store.ts";
import { errorLog } from "../../../support/log-documents.ts";
import { signer, textHash } from "../../../support/fakes/signer.ts";
import { createSigner } from "../../../../src/pipeline/signer.ts";

const INDEX = "app_logs";
const META = "log_vector_meta";
const LATER = "2999-01-01T00:00:00.000Z";
const HOUR_MS = 3_600_000;

/** Whatever anybody can write: the fields are right, and nothing proves who wrote them. */
function marked(number: number, message: string, changes: Record<string, unknown>): SeedDocument {
  const log = errorLog(number, message);
  const mark = { skipped: "refused", attempts: 1, error: "you have been hacked", next_try: LATER };
  const claim = { ...mark, field: "message", text_hash: textHash(message), ...changes };
  return { ...log, source: { ...log.source, [META]: claim } };
}

const metaOf = (setup: ReturnType<typeof setUpBackfill>, number: number) =>
  Object(setup.store.read({ index: INDEX, id: `log-${number}` })?.[META]);

for (const [what, forged] of [
  ["is not signed", {}],
  ["has a signature of nobody's", { mac: "0".repeat(64), key: signer.key }],
  ["says that there is no text", { skipped: "empty", next_try: null, error: null }],
] as const) {
  test(`a forged mark that ${what} hides nothing after a cycle, and is told once with its number`, async () => {
    const setup = setUpBackfill([
      marked(1, "disk full", forged),
      marked(2, "no route", forged),
      errorLog(3, "fine"),
    ]);
    const { summary } = await setup.cycle();
    assert.deepEqual([summary.outcomes.updated, summary.false_marks], [3, 2]);
    assert.deepEqual(setup.told.falseMarksFound, [{ index: INDEX, records: 2 }]);
    assert.equal((await setup.cycle()).summary.false_marks, 0);
  });
}

test("a mark that is copied from another record holds nothing back", async () => {
  const setup = setUpPoison([errorLog(1, "poison")]);
  await setup.cycle();
  const copy = metaOf(setup, 1);
  assert.equal(typeof copy.mac, "string");
  setup.store.seed([marked(2, "poison", copy)]);
  const { summary } = await setup.cycle();
  assert.deepEqual([summary.false_marks, summary.outcomes.quarantined], [1, 1]);
});

test("marks of our own hold, over restarts and passes", async () => {
  const first = setUpPoison([errorLog(1, "poison"), errorLog(2, " ")]);
  await first.cycle();
  const { clock, store, state } = first;
  for (let pass = 0; pass < 3; pass++) {
    const again = setUpPoison([], { left: { clock, store, state } });
    const { summary } = await again.cycle();
    assert.deepEqual([summary.taken, summary.false_marks], [0, 0]);
    await clock.advance(20 * 60_000);
  }
});

test("a mark of before that says there is no text is signed where there is none, and costs no turn", async () => {
  const setup = setUpBackfill([
    marked(1, " ", { skipped: "empty", next_try: null, error: null, attempts: null }),
  ]);
  const { summary } = await setup.cycle();
  assert.deepEqual([summary.taken, summary.false_marks], [0, 0]);
  const { fit } = await setup.store.survey(new AbortController().signal);
  const record = { indexUuid: fit[0]?.uuid ?? "", id: "log-1", stamp: metaOf(setup, 1) };
  assert.equal(signer.markOf(record), "signed");
});

test("a mark that names another key is left to the next pass, a few hours later", async () => {
  const setup = setUpBackfill([errorLog(1, "fine")]);
  await setup.cycle();
  const other = createSigner({ secret: "another key of another process, or so", textVersion: "t" });
  const { key } = other;
  setup.store.seed([marked(2, "disk full", { mac: "0".repeat(64), key })]);
  // With marks to look at, a pass begins, and ends.
  setup.store.seed([marked(3, "no route", { mac: "0".repeat(64), key })]);
  assert.equal((await setup.cycle()).summary.false_marks, 2);
  setup.store.seed([marked(4, "no space", { mac: "0".repeat(64), key })]);
  assert.equal((await setup.cycle()).summary.false_marks, 0);
  await setup.clock.advance(6 * HOUR_MS);
  assert.equal((await setup.cycle()).summary.false_marks, 1);
});

test("ten thousand forged marks are all gone within a day, a bounded part a cycle, over restarts", async () => {
  const forged = Array.from({ length: 10_000 }, (_, i) => marked(i, "hidden", {}));
  const first = setUpBackfill(forged);
  const { clock, store, state } = first;
  let gone = 0;
  let cycles = 0;
  for (; gone < forged.length && cycles < 24; cycles++) {
    const { summary } = await setUpBackfill([], { left: { clock, store, state } }).cycle();
    assert.ok(summary.false_marks <= 5500, `${summary.false_marks} in one cycle`);
    gone += summary.false_marks;
    await clock.advance(HOUR_MS / 6);
  }
  assert.equal(gone, forged.length);
});

test("where marks cannot be paged through, the work goes on, and so does the pass", async () => {
  const forged = Array.from({ length: 600 }, (_, i) => marked(i, "hidden", {}));
  const setup = setUpBackfill(forged);
  setup.store.before("pageMarked", () => {
    throw new Fault("outage", "fake: no answer");
  });
  assert.equal((await setup.cycle()).summary.false_marks, 500);
  setup.store.before("pageMarked", undefined);
  assert.equal((await setup.cycle()).summary.false_marks, 100);
});

test("a mark is signed for one record, and for all that it says", () => {
  const record = { index: INDEX, id: "log-1", indexUuid: "uuid-1" };
  const mark = { skipped: "refused", attempts: 1, error: "e", text_hash: "h" } as const;
  const stamp = signer.signMark(record, mark);
  assert.equal(signer.markOf({ ...record, stamp }), "signed");
  for (const changes of [
    { id: "log-2" },
    { indexUuid: "uuid-2" },
    { stamp: { ...stamp, error: "another sentence" } },
    { stamp: { ...stamp, attempts: 2 } },
    { stamp: { ...stamp, next_try: LATER } },
    { stamp: { ...stamp, text_hash: "i" } },
    { stamp: { ...stamp, skipped: "empty" } },
    { stamp: { ...stamp, mac: 7 } },
    { stamp: {} },
  ]) {
    assert.equal(signer.markOf({ ...record, stamp, ...changes }), "unproven", recordKey(record));
  }
});

function setUpPoison(documents: readonly SeedDocument[], options: BackfillSetup = {}) {
  const setup = setUpBackfill(documents, options);
  setup.embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text === "poison")) throw new Fault("record", "fake: poison");
    return answer();
  });
  return setup;
}
