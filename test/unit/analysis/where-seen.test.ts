import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePlaces } from "../../../src/analysis/where-seen.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { groupOf } from "../../../src/domain/group.ts";
import type { NameCounts } from "../../../src/ports/group-counts.ts";
import { setUpGroups, type Log } from "./groups-setup.ts";

const TEXT = "Disk full";
const GROUP = groupOf({ text: TEXT, service: "shop" }).group;

function logs(hours: number, count: number, host?: string, version?: string): Log[] {
  const names = { ...(host ? { host } : {}), ...(version ? { version } : {}) };
  return Array.from({ length: count }, () => ({ hours, text: TEXT, service: "shop", ...names }));
}

async function whereOf(...all: Log[][]) {
  return (await setUpGroups(all.flat()).show(GROUP)).where;
}

const rowsOf = (places: NonNullable<Awaited<ReturnType<typeof whereOf>>>["hosts"]) =>
  places.names.map((one) => [one.name, one.count, one.usual_count, one.new]);

test("the hosts and versions of the latest episode stand against the 30 days before it; what was not there is new", async () => {
  const where = await whereOf(
    logs(200, 6, "db-1", "1.2"),
    logs(100, 3, "db-2", "1.2"),
    logs(31 * 24, 9, "db-9", "0.9"),
    logs(1, 3, "db-3", "1.3"),
    logs(0.5, 1, "db-1", "1.2"),
    logs(0.4, 1),
  );
  assert.ok(where);
  assert.deepEqual([where.count, where.usual_count], [5, 9]);
  assert.deepEqual(rowsOf(where.hosts), [
    ["db-3", 3, 0, true],
    ["db-1", 1, 6, false],
    ["db-2", 0, 3, false],
  ]);
  assert.deepEqual(rowsOf(where.versions), [
    ["1.3", 3, 0, true],
    ["1.2", 1, 9, false],
  ]);
  assert.deepEqual(
    where.hosts.names.map(({ share, usual_share: usual }) => [share, usual]),
    [
      [0.6, 0],
      [0.2, 6 / 9],
      [0, 3 / 9],
    ],
  );
  assert.deepEqual(where.hosts.unnamed, { count: 1, usual_count: 0 });
  assert.equal(Date.parse(where.from) - Date.parse(where.usual_from), 30 * 24 * 3_600_000);
});

test("one error is asked for once, and a list of errors never", async () => {
  const { list, show, asked } = setUpGroups(logs(1, 3, "db-1"));
  await list();
  assert.equal(asked.names, 0);
  await show(GROUP);
  assert.equal(asked.names, 1);
});

test("where they cannot be counted, all else is shown, and why", async () => {
  const { show, asked } = setUpGroups(logs(1, 3, "db-1"));
  asked.fault = new Fault("index", "too many buckets");
  const { where, count, episodes, gaps } = await show(GROUP);
  assert.deepEqual([where, count, episodes.length], [null, 3, 1]);
  const reason = "its hosts and versions cannot be counted (too many buckets)";
  assert.deepEqual(gaps, [{ index: "app_logs", reason }]);
});

test("of an error that never stops, what was so yesterday is usual", async () => {
  const hourly = Array.from({ length: 50 }, (_, i) => logs(i + 1, 1, "db-1", "1.2"));
  const where = await whereOf(...hourly, logs(2, 1, "db-1", "1.3"));
  assert.ok(where);
  assert.deepEqual([where.count, where.usual_count], [25, 26]);
  assert.deepEqual(rowsOf(where.versions), [
    ["1.2", 24, 26, false],
    ["1.3", 1, 0, true],
  ]);
});

test("of an error that was never seen before, nothing is called new; one without names has none", async () => {
  const where = await whereOf(logs(1, 3, "db-3"));
  assert.ok(where);
  assert.equal(where.usual_count, 0);
  assert.deepEqual(rowsOf(where.hosts), [["db-3", 3, 0, false]]);
  assert.deepEqual(rowsOf(where.versions), []);
  assert.deepEqual(where.versions.unnamed, { count: 3, usual_count: 0 });
});

test("where the usual records name no host, a host is not new: they may have been there", async () => {
  const where = await whereOf(logs(100, 5), logs(1, 3, "db-3"));
  assert.deepEqual(where && rowsOf(where.hosts), [["db-3", 3, 0, false]]);
});

const NONE: NameCounts = { names: [], others: 0, unnamed: 0 };
const counts = (names: string[], others = 0): NameCounts => ({
  names: names.map((name) => ({ name, records: 1 })),
  others,
  unnamed: 0,
});

test("a name that is not among too many to be listed is neither new nor gone", () => {
  const many = counts(["a"], 500);
  const now = { records: 1, hosts: counts(["b"]), versions: many };
  const usual = { records: 501, hosts: many, versions: counts(["c"]) };
  const hosts = comparePlaces(now, usual, "hosts", { isWhole: true });
  assert.deepEqual(
    hosts.names.map(({ name, usual_count: before, new: isNew }) => [name, before, isNew]),
    [
      ["b", null, false],
      ["a", 1, false],
    ],
  );
  const versions = comparePlaces(now, usual, "versions", { isWhole: true });
  assert.deepEqual(
    versions.names.map(({ name }) => name),
    ["a"],
    "c may be one of the 500",
  );
  assert.deepEqual(versions.others, { count: 500, usual_count: 1 });
});

test("ten names are listed, those of now first, and the rest is counted", () => {
  const all = Array.from({ length: 14 }, (_, i) => `h${String(i).padStart(2, "0")}`);
  const now = { records: 8, hosts: counts(all.slice(0, 8)), versions: NONE };
  const usual = { records: 12, hosts: counts(all.slice(2)), versions: NONE };
  const { names, others } = comparePlaces(now, usual, "hosts", { isWhole: true });
  assert.deepEqual(
    names.map(({ name }) => name),
    all.slice(0, 10),
  );
  assert.deepEqual(
    names.filter((one) => one.new).map(({ name }) => name),
    all.slice(0, 2),
  );
  assert.deepEqual(others, { count: 0, usual_count: 4 });
  const partly = comparePlaces(now, usual, "hosts", { isWhole: false });
  assert.ok(
    partly.names.every((one) => !one.new),
    "they may be in what could not be seen",
  );
});
