import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { listQuarantined } from "../../../../src/pipeline/quarantine/list-quarantined.ts";
import type { QuarantineFilter } from "../../../../src/pipeline/quarantine/quarantined.ts";
import { LATER, refused, setUp, type Setup } from "./quarantine-setup.ts";

const { signal } = new AbortController();

function list(deps: Setup, filter: QuarantineFilter = {}, limit = 50) {
  return listQuarantined(deps, { filter, limit }, signal);
}

const idsOf = (entries: readonly { id: string }[]) => entries.map(({ id }) => id);

test("the newest logs come first, wherever they are kept; those of no known time last", async () => {
  const setup = setUp([refused(1), refused(3, { index: "other_logs" }), refused(5)]);
  await setup.keep({ index: "app_logs", id: "no-time" });
  await setup.keep({ index: "app_logs", id: "log-4", timestamp: "2026-01-01T00:04:00.000Z" });
  const { total, quarantined: newest } = await list(setup);
  assert.equal(total, 5);
  assert.deepEqual(idsOf(newest), ["log-5", "log-4", "log-3", "log-1", "no-time"]);
  assert.deepEqual(idsOf((await list(setup, {}, 2)).quarantined), ["log-5", "log-4"]);
  assert.deepEqual(newest[0], {
    index: "app_logs",
    id: "log-5",
    attempts: 1,
    error: "no such language",
    quoted_from: "app_logs",
    timestamp: "2026-01-01T00:05:00.000Z",
    next_try: LATER,
    kept_in: "document",
  });
  assert.partialDeepStrictEqual(newest[1], { kept_in: "state", error: "takes no update" });
});

test("a record that is kept in both places is one, as the state directory has it", async () => {
  const setup = setUp([refused(1), refused(2)]);
  await setup.keep({ index: "app_logs", id: "log-1" });
  const { total, quarantined: newest } = await list(setup);
  assert.equal(total, 2);
  assert.deepEqual(newest.map((one) => `${one.id} ${one.kept_in}`).toSorted(), [
    "log-1 state",
    "log-2 document",
  ]);
});

test("errors are counted by kind: numbers make no difference, an HTTP status does", async () => {
  const errors = [
    "400: bad 7",
    "400: bad 12345",
    "413: bad 7",
    `${"x".repeat(400)} a`,
    `${"x".repeat(400)} b`,
  ];
  const setup = setUp(errors.map((error, i) => refused(i, { error })));
  const { by_error: byError } = await list(setup, {}, 1);
  assert.deepEqual(byError, [
    { error: "400: bad N", records: 2 },
    { error: `${"x".repeat(119)}…`, records: 2 },
    { error: "413: bad N", records: 1 },
  ]);
});

test("a kind of error, as it is listed, is a filter", async () => {
  const errors = ["Bad 7", "Bad 12345", "400: Bad 7", `long 9 ${"x".repeat(400)}`];
  const setup = setUp(errors.map((error, i) => refused(i, { error })));
  for (const { error, records } of (await list(setup)).by_error) {
    const { total, by_error: byError } = await list(setup, { error: error.toUpperCase() });
    assert.deepEqual([total, byError], [records, [{ error, records }]]);
  }
});

test("however many kinds of errors there are, no more are kept in mind than can be read", async () => {
  const word = (i: number) => [...String(i)].map((digit) => "abcdefghij"[Number(digit)]).join("");
  const setup = setUp(Array.from({ length: 2000 }, (_, i) => refused(i, { error: word(i) })));
  const { total, by_error: byError, quarantined: newest } = await list(setup);
  assert.equal(total, 2000);
  assert.equal(byError.length, 501);
  assert.deepEqual(byError[0], { error: "other errors", records: 1500 });
  assert.equal(newest.length, 50);
});

const FILTERS: [what: string, filter: QuarantineFilter, ids: string[]][] = [
  ["an index", { index: "app_logs" }, ["log-4", "log-3", "log-1", "kept-1"]],
  ["a pattern", { index: "*_logs" }, ["log-4", "log-3", "log-2", "log-1", "kept-1", "kept-2"]],
  ["an id", { id: "log-2" }, ["log-2"]],
  ["an id in the state directory", { id: "kept-2" }, ["kept-2"]],
  ["a part of the error", { error: "BROKEN" }, ["log-3", "kept-2"]],
  ["those given up", { never: true }, ["log-4"]],
  ["all at once", { index: "app_*", id: "log-4", error: "no", never: true }, ["log-4"]],
  ["what is not there", { index: "nothing*" }, []],
];

for (const [what, filter, expected] of FILTERS) {
  test(`filtered by ${what}`, async () => {
    const setup = setUp([
      refused(1),
      refused(2, { index: "other_logs" }),
      refused(3, { error: "is broken" }),
      refused(4, { next_try: undefined }),
    ]);
    await setup.keep({ index: "app_logs", id: "kept-1" });
    await setup.keep({ index: "other_logs", id: "kept-2" }, "Broken as well");
    const { quarantined: newest, total } = await list(setup, filter);
    assert.deepEqual(new Set(idsOf(newest)), new Set(expected));
    assert.equal(total, expected.length);
  });
}

test("a record that another process quarantined locally is listed", async () => {
  const setup = setUp([refused(1)]);
  await setup.state.save("quarantine", [
    {
      index: "gone",
      id: "9",
      version: asVersion("0:1"),
      text_hash: "h",
      attempts: 2,
      error: "no",
    },
  ]);
  assert.deepEqual(idsOf((await list(setup)).quarantined), ["log-1", "9"]);
});

test("an index that cannot be searched hides its own records only, and is named", async () => {
  const setup = setUp([refused(1), refused(2, { index: "other_logs" })]);
  setup.store.define("app_logs", { partial: "2 of 5 shards failed" });
  const fault = new Fault("index", "closed");
  setup.store.before("openMarkedScan", (call) => {
    if (call === 1) throw fault;
  });
  const { quarantined: newest, unread, gaps } = await list(setup);
  assert.deepEqual(idsOf(newest), ["log-1"]);
  assert.deepEqual(unread, [{ index: "other_logs", reason: "closed" }]);
  assert.deepEqual(gaps, [{ index: "app_logs", reason: "2 of 5 shards failed" }]);
});

test("an index that is skipped is not searched", async () => {
  const setup = setUp([refused(1)]);
  setup.store.define("app_logs", { unfit: "closed" });
  assert.equal((await list(setup)).total, 0);
});

test("no answer is a fault, and no empty list", async () => {
  for (const method of ["survey", "countMarked", "openMarkedScan"] as const) {
    const setup = setUp([refused(1)]);
    setup.store.before(method, () => {
      throw new Fault("outage", "no connection");
    });
    await assert.rejects(list(setup), { kind: "outage" });
  }
});
