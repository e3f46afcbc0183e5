import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupsQuery } from "../../../src/analysis/list-groups.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { SearchRefused } from "../../../src/search/search-refused.ts";
import { HOUR, NOW, setUpGroups as setUp, type Log } from "./groups-setup.ts";

const LOGS: Log[] = [
  { hours: 50, text: "Order 1 failed", service: "shop" },
  { hours: 3, text: "Order 22 failed", service: "shop" },
  { hours: 2, text: "Order 333 failed", service: "billing" },
  { hours: 0, text: "Disk full", service: "shop" },
  { hours: 60, text: "Disk full", service: "shop" },
  { hours: 70, text: "Disk full", service: "shop", index: "web" },
];

test("each error is one row with its counts, its newest message and what its messages share", async () => {
  const { list } = setUp(LOGS);
  const { groups, total, records, ungrouped, gaps } = await list();
  assert.deepEqual(
    { total, records, ungrouped, gaps },
    { total: 3, records: 6, ungrouped: 0, gaps: [] },
  );
  assert.deepEqual(
    groups.map(({ template, service, count, example, state }) => [
      template,
      service,
      count,
      example,
      state,
    ]),
    [
      ["Disk full", "shop", 3, "Disk full", "open"],
      ["Order <*> failed", "billing", 1, "Order 333 failed", "new"],
      ["Order <*> failed", "shop", 2, "Order 22 failed", "open"],
    ],
  );
  const [disk] = groups;
  assert.equal(disk?.first_seen, new Date(NOW - 70 * HOUR).toISOString());
  assert.equal(disk?.last_seen, new Date(NOW).toISOString());
  const hours = Array.from({ length: 24 }, (_, i) => (i === 23 ? 1 : 0));
  assert.deepEqual(disk?.hours, hours);
});

test("in the order and number that is asked for, of all that there are", async () => {
  const { list } = setUp(LOGS);
  const templates = async (query: Partial<GroupsQuery>) =>
    (await list(query)).groups.map(({ template, service }) => `${template} ${service}`);
  assert.deepEqual(await templates({ order: "count", limit: 2 }), [
    "Disk full shop",
    "Order <*> failed shop",
  ]);
  assert.deepEqual(await templates({ order: "first", limit: 1 }), ["Order <*> failed billing"]);
  assert.equal((await list({ limit: 1 })).total, 3);
});

test("a filter counts only what it lets through", async () => {
  const { list } = setUp(LOGS);
  const counts = async (query: Partial<GroupsQuery>) =>
    (await list(query)).groups.map(({ count }) => count);
  assert.deepEqual(await counts({ service: "billing" }), [1]);
  assert.deepEqual(await counts({ since: NOW - 10 * HOUR }), [1, 1, 1]);
  assert.deepEqual(await counts({ index: "web" }), [1]);
  assert.deepEqual(await counts({ index: "none-*" }), []);
});

test("more groups than a page of the store are all counted", async () => {
  const names = "abcdefghijklmnopqrstuvwxyz".split("");
  const logs = names.flatMap((a) =>
    names.flatMap((b) =>
      [..."xyz"].map((c): Log => ({ hours: 1, text: `Failed at ${a}${b}${c}` })),
    ),
  );
  const { total, records, groups } = await setUp(logs).list({ limit: 5 });
  assert.deepEqual([total, records, groups.length], [logs.length, logs.length, 5]);
});

test("records of earlier releases are told apart from those that are counted", async () => {
  const { list } = setUp([...LOGS, { hours: 1, text: "Disk full", group: null }]);
  const { ungrouped, records } = await list();
  assert.deepEqual([ungrouped, records], [1, 6]);
});

test("secrets are masked in what is shown", async () => {
  const { list, show } = setUp([{ hours: 1, text: "login of hunter2 failed" }]);
  const [row] = (await list()).groups;
  assert.ok(row);
  assert.doesNotMatch(JSON.stringify([row, await show(row.group)]), /hunter2/);
});

test("one group is shown with its days", async () => {
  const { group } = groupOf({ text: "Disk full", service: "shop" });
  const { days, count, template } = await setUp(LOGS).show(group);
  assert.deepEqual([count, template], [3, "Disk full"]);
  assert.deepEqual(days, [
    { day: "2026-01-07", count: 1 },
    { day: "2026-01-08", count: 1 },
    { day: "2026-01-10", count: 1 },
  ]);
});

test("a group that no record has is not found", async () => {
  await assert.rejects(
    setUp(LOGS).show("0123456789abcdef"),
    (error) => error instanceof SearchRefused && error.code === "not_found",
  );
});
