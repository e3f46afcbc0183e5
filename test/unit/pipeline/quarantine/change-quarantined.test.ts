import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../../src/domain/faults.ts";
import {
  changeQuarantined,
  countChangeable,
  type Changed,
  type QuarantineAction,
} from "../../../../src/pipeline/quarantine/change-quarantined.ts";
import type { QuarantineFilter } from "../../../../src/pipeline/quarantine/quarantined.ts";
import { createManualStop } from "../../../support/fakes/stop-signals.ts";
import { textHash } from "../../../support/fakes/signer.ts";
import { LATER, META, refused, setUp, type Setup } from "./quarantine-setup.ts";

const named = (number: number, index = "app_logs") => ({ index, id: `log-${number}` });

function change(setup: Setup, action: QuarantineAction, filter: QuarantineFilter = {}) {
  return changeQuarantined(setup, { filter, action }, createManualStop().signals);
}

function counts({ matched, changed, conflicted, missing, failed }: Changed) {
  assert.equal(matched, changed + conflicted + missing + failed, "the counts do not add up");
  return { matched, changed, conflicted, missing, failed };
}

const NONE = { matched: 0, changed: 0, conflicted: 0, missing: 0, failed: 0 };

function metaOf({ store }: Setup, number: number, index?: string): unknown {
  return store.read(named(number, index))?.[META];
}

test("retry takes the marks away, in documents and in the state directory, and lets search see it", async () => {
  const setup = setUp([
    refused(1),
    refused(2, { next_try: undefined }),
    refused(3, { index: "other" }),
  ]);
  await setup.keep({ index: "app_logs", id: "kept" });
  const result = await change(setup, "retry");
  assert.deepEqual(counts(result), { ...NONE, matched: 4, changed: 4 });
  assert.deepEqual(
    [metaOf(setup, 1), metaOf(setup, 2), metaOf(setup, 3, "other")],
    [null, null, null],
  );
  assert.deepEqual(setup.localQuarantine.all(), []);
  assert.deepEqual(setup.state.saved.at(-1), []);
  const { rows } = await setup.store.coverage(
    { indices: ["app_logs", "other"] },
    new AbortController().signal,
  );
  assert.deepEqual(
    rows.map(({ pending }) => pending),
    [2, 1],
  );
});

test("drop leaves the mark without its next try, and those given up already alone", async () => {
  const setup = setUp([
    refused(1, { attempts: 2 }),
    refused(2, { next_try: undefined, attempts: 4 }),
  ]);
  await setup.keep({ index: "app_logs", id: "kept" });
  const before = metaOf(setup, 2);
  assert.deepEqual(counts(await change(setup, "drop")), { ...NONE, matched: 2, changed: 2 });
  const basis = { field: "message", text_hash: textHash("poison") };
  const mark = { skipped: "refused", attempts: 2, error: "no such language", ...basis };
  assert.deepEqual(metaOf(setup, 1), mark);
  assert.equal(metaOf(setup, 2), before);
  assert.equal(setup.localQuarantine.all()[0]?.next_try, undefined);
  assert.deepEqual(counts(await change(setup, "drop")), NONE);
});

test("only what the filter takes is changed", async () => {
  const setup = setUp([refused(1, { error: "broken" }), refused(2)]);
  await setup.keep({ index: "app_logs", id: "kept" }, "broken");
  await setup.keep({ index: "app_logs", id: "other" });
  assert.equal((await change(setup, "retry", { error: "broken" })).changed, 2);
  assert.equal(metaOf(setup, 1), null);
  assert.notEqual(metaOf(setup, 2), null);
  assert.deepEqual(setup.localQuarantine.keys(), ["app_logs#uuid-1/other"]);
});

test("counting changes nothing", async () => {
  const setup = setUp([refused(1), refused(2, { next_try: undefined })]);
  await setup.keep({ index: "app_logs", id: "kept" });
  await setup.localQuarantine.keep();
  const { signal } = new AbortController();
  const sums = (["retry", "drop"] as const).map(async (action) => {
    const { matched } = await countChangeable(setup, { filter: {}, action }, signal);
    return matched;
  });
  assert.deepEqual(await Promise.all(sums), [3, 2]);
  assert.deepEqual(setup.store.writes, []);
  assert.equal(setup.state.saved.length, 1);
});

test("a record that changed or was deleted meanwhile is left as it is, counted and named", async () => {
  const setup = setUp([refused(1), refused(2), refused(3)]);
  setup.store.before("write", () => {
    setup.store.change(named(1), { message: "changed" });
    setup.store.remove(named(2));
  });
  const result = await change(setup, "retry");
  assert.deepEqual(counts(result), {
    matched: 3,
    changed: 1,
    conflicted: 1,
    missing: 1,
    failed: 0,
  });
  assert.deepEqual(result.problems, [
    { ...named(1), reason: "changed in the meantime" },
    { ...named(2), reason: "deleted in the meantime" },
  ]);
  assert.partialDeepStrictEqual(metaOf(setup, 1), { next_try: LATER });
});

test("of very many problems a hundred are named", async () => {
  const setup = setUp(Array.from({ length: 300 }, (_, i) => refused(i)));
  setup.store.refuse(() => new Fault("record", "no"));
  const result = await change(setup, "drop");
  assert.deepEqual(counts(result), { ...NONE, matched: 300, failed: 300 });
  assert.equal(result.problems.length, 100);
});

test("an index that takes no updates is asked once, and the others have their turn", async () => {
  const many = Array.from({ length: 3500 }, (_, i) => refused(i, { index: "blocked" }));
  const setup = setUp([...many, refused(1)]);
  const fault = new Fault("index", "blocked for writing");
  setup.store.refuse(({ record }) => (record.index === "blocked" ? fault : undefined));
  const result = await change(setup, "retry");
  assert.deepEqual(counts(result), { ...NONE, matched: 3501, changed: 1, failed: 3500 });
  assert.equal(setup.store.calls.write, 2);
  assert.equal(metaOf(setup, 1), null);
});

test("nobody answers any longer: it ends there with what it has, and says why", async () => {
  const setup = setUp(Array.from({ length: 3500 }, (_, i) => refused(i)));
  const fault = new Fault("outage", "no connection");
  setup.store.before("write", (call) => {
    if (call === 2) setup.store.refuse(() => fault);
  });
  const result = await change(setup, "retry");
  assert.deepEqual(counts(result), { ...NONE, matched: 2000, changed: 1000, failed: 1000 });
  assert.equal(result.fault, fault);
  assert.equal(setup.store.calls.write, 2);
});

test("nobody answers from the first: a fault", async () => {
  const setup = setUp([refused(1)]);
  setup.store.refuse(() => new Fault("outage", "no connection"));
  await assert.rejects(change(setup, "retry"), { kind: "outage" });
});

test("a stop ends it between two pages, and what was changed is kept", async () => {
  const setup = setUp(Array.from({ length: 3500 }, (_, i) => refused(i)));
  const stopping = createManualStop();
  setup.store.before("write", () => stopping.request());
  const result = await changeQuarantined(setup, { filter: {}, action: "retry" }, stopping.signals);
  assert.deepEqual(counts(result), { ...NONE, matched: 1000, changed: 1000 });
  assert.equal(setup.store.calls.makeVisible, 1);
});

test("a locally quarantined record is released though its document refuses to lose an older mark", async () => {
  const setup = setUp([refused(1)]);
  await setup.keep(named(1));
  setup.store.refuse(() => new Fault("record", "takes no update"));
  assert.deepEqual(counts(await change(setup, "retry")), { ...NONE, matched: 1, changed: 1 });
  assert.deepEqual(setup.localQuarantine.keys(), []);
});

test("a refresh that is refused is told and fails nothing", async () => {
  const setup = setUp([refused(1)]);
  const fault = new Fault("credentials", "no permission");
  setup.store.before("makeVisible", () => {
    throw fault;
  });
  assert.equal((await change(setup, "retry")).changed, 1);
  assert.deepEqual(setup.told.refreshFailed, [{ fault }]);
});
