import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupsQuery } from "../../../src/analysis/list-groups.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import { MemoryRefused, type MemoryRefusal } from "../../../src/memory/memory-refused.ts";
import { createNotes } from "../../../src/memory/notes.ts";
import { SearchRefused } from "../../../src/search/search-refused.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";
import { HOUR, NOW, setUpGroups, type Log } from "./groups-setup.ts";

const { signal } = new AbortController();
const DISK = groupOf({ text: "Disk full", service: "shop" }).group;
const ORDER = groupOf({ text: "Order 1 failed", service: "shop" }).group;
const LOGIN = groupOf({ text: "Login failed", service: "shop" }).group;
const UNKNOWN = "0123456789abcdef";
const by = "kim";

const LOGS: Log[] = [
  { hours: 50, text: "Disk full", service: "shop" },
  { hours: 30, text: "Disk full", service: "shop" },
  { hours: 40, text: "Order 1 failed", service: "shop" },
  { hours: 2, text: "Order 22 failed", service: "shop" },
  { hours: 3, text: "Login failed", service: "shop" },
];

function setUp(logs: readonly Log[] = LOGS) {
  const memory = createFakeErrorMemory();
  const { groups, list, show } = setUpGroups(logs, memory);
  const statesOf = async (query: Partial<GroupsQuery> = {}) =>
    Object.fromEntries((await list(query)).groups.map(({ group, state }) => [group, state]));
  return { memory, groups, list, show, statesOf };
}

function fault(problem: "absent" | "closed") {
  const message = `log-vectorizer-groups is ${problem}`;
  return new MemoryFault(problem, { index: "groups", message, hint: "Mend it." });
}

function refusedWith(code: MemoryRefusal, said: RegExp) {
  return (error: unknown) =>
    error instanceof MemoryRefused && error.code === code && said.test(error.message);
}

test("what people said of an error is its state, and a state is one that can be asked for", async () => {
  const { groups, list, statesOf } = setUp();
  assert.deepEqual(await statesOf(), { [DISK]: "open", [ORDER]: "open", [LOGIN]: "new" });
  await groups.setState({ group: DISK, state: "known", by }, signal);
  await groups.setState({ group: LOGIN, state: "muted", by, until: NOW + HOUR }, signal);
  assert.deepEqual(await statesOf(), { [DISK]: "known", [ORDER]: "open", [LOGIN]: "muted" });
  const { total, records } = await list({ state: "known" });
  assert.deepEqual([total, records], [1, 2]);
  assert.deepEqual(await statesOf({ state: "open" }), { [ORDER]: "open" });
  await groups.setState({ group: DISK, state: "open", by }, signal);
  assert.deepEqual(await statesOf({ state: "open" }), { [DISK]: "open", [ORDER]: "open" });
});

test("a mute ends at its time", async () => {
  const { memory, groups, statesOf } = setUp();
  const muted = await groups.setState(
    { group: ORDER, state: "muted", by, until: NOW + HOUR },
    signal,
  );
  memory.kept.groups.set(ORDER, { ...muted, muted_until: new Date(NOW).toISOString() });
  assert.equal((await statesOf())[ORDER], "open");
});

test("an error that is seen after it was resolved is back", async () => {
  const { memory, groups, statesOf } = setUp();
  const resolved = await groups.setState({ group: ORDER, state: "resolved", by }, signal);
  assert.equal((await statesOf())[ORDER], "resolved");
  const before = new Date(NOW - 3 * HOUR).toISOString();
  memory.kept.groups.set(ORDER, { ...resolved, state_at: before });
  assert.equal((await statesOf())[ORDER], "back");
  assert.deepEqual(await statesOf({ state: "back" }), { [ORDER]: "back" });
  assert.equal(
    (await statesOf({ until: NOW - 10 * HOUR }))[ORDER],
    "back",
    "whatever time is listed",
  );
});

test("an old error is not new because only its latest hours are listed, or its older records are gone", async () => {
  const { memory, groups, statesOf } = setUp();
  assert.equal((await statesOf({ since: NOW - 10 * HOUR }))[ORDER], "open");
  const kept = await groups.setState({ group: LOGIN, state: "open", by }, signal);
  const first_seen = new Date(NOW - 100 * HOUR).toISOString();
  memory.kept.groups.set(LOGIN, { ...kept, first_seen });
  assert.equal((await statesOf())[LOGIN], "open");
});

test("merged errors are one row with the counts of all, under every order and limit, until they are split", async () => {
  const { groups, list, show } = setUp();
  await groups.merge({ group: DISK, into: ORDER, by }, signal);
  const { groups: rows, total, records } = await list({ order: "count", limit: 1 });
  assert.deepEqual([total, records], [2, 5]);
  const [row] = rows;
  assert.deepEqual([row?.group, row?.merged, row?.count], [ORDER, [DISK], 4]);
  assert.equal(row?.template, "Order <*> failed", "the row says what its id stands for");
  assert.equal(row?.first_seen, new Date(NOW - 50 * HOUR).toISOString());
  assert.equal(row?.last_seen, new Date(NOW - 2 * HOUR).toISOString());
  const alone = await list({ until: NOW - 45 * HOUR });
  assert.deepEqual(
    alone.groups.map(({ group, count, template }) => [group, count, template]),
    [[ORDER, 1, "Disk full"]],
    "also where only a part of it has records",
  );
  const shown = await show(DISK);
  assert.deepEqual([shown.group, shown.count, shown.merged], [ORDER, 4, [DISK]]);
  assert.equal(
    shown.days.reduce((sum, { count }) => sum + count, 0),
    4,
  );
  assert.deepEqual(
    shown.days.map(({ day }) => day),
    ["2026-01-08", "2026-01-09", "2026-01-10"],
  );

  await groups.setState({ group: DISK, state: "known", by }, signal);
  assert.equal((await list({ state: "known" })).groups[0]?.group, ORDER, "said of one, of all");
  await groups.split({ group: DISK, by }, signal);
  const apart = await list();
  assert.deepEqual([apart.total, apart.records], [3, 5]);
  assert.ok(apart.groups.every(({ merged }) => merged.length === 0));
});

test("a group is shown with the notes of all that is merged into it, newest first, and what others say", async () => {
  const { memory, groups, show } = setUp();
  let minutes = 0;
  const clock = { now: () => NOW + minutes++ };
  const notes = createNotes({ memory: async () => memory, clock, remember: groups.remember });
  // The memory has not seen the group before.
  const { id } = await notes.add({ group: DISK, cause: "the disk", author: by }, signal);
  await groups.merge({ group: DISK, into: ORDER, by }, signal);
  await notes.judge(id, { verdict: "outdated", by: "lee" }, signal);
  await notes.add({ group: ORDER, fix: "rotate", author: by }, signal);
  const shown = await show(ORDER);
  assert.deepEqual(
    shown.notes?.map(({ cause, fix, verdicts }) => [cause, fix, verdicts.length]),
    [
      [null, "rotate", 0],
      ["the disk", null, 1],
    ],
  );
});

test("an error whose records are all deleted is shown as it was kept", async () => {
  const { memory, groups } = setUp();
  await groups.setState({ group: DISK, state: "known", by }, signal);
  const { show } = setUpGroups([], memory);
  const { count, template, state, last_seen } = await show(DISK);
  assert.deepEqual(
    { count, template, state, last_seen },
    {
      count: 0,
      template: "Disk full",
      state: "known",
      last_seen: new Date(NOW - 30 * HOUR).toISOString(),
    },
  );
});

test("a decision about a group that nobody saw, or that cannot be, is refused with its reason", async () => {
  const { memory, groups } = setUp();
  const refused: [work: Promise<unknown>, code: MemoryRefusal, said: RegExp][] = [
    [
      groups.setState({ group: UNKNOWN, state: "known", by }, signal),
      "unknown_group",
      /no group "0123456789abcdef"/,
    ],
    [groups.merge({ group: DISK, into: UNKNOWN, by }, signal), "unknown_group", /no group/],
    [groups.merge({ group: DISK, into: DISK, by }, signal), "invalid", /into itself/],
    [groups.split({ group: DISK, by }, signal), "invalid", /not merged/],
    [
      groups.setState({ group: DISK, state: "muted", by, until: NOW - 1 }, signal),
      "invalid",
      /is past/,
    ],
    [
      groups.setState({ group: DISK, state: "known", by, until: NOW + 1 }, signal),
      "invalid",
      /Only a group that is muted/,
    ],
    [groups.setState({ group: DISK, state: "known", by: " " }, signal), "invalid", /blank/],
  ];
  for (const [work, code, said] of refused) await assert.rejects(work, refusedWith(code, said));
  assert.ok([...memory.kept.groups.values()].every(({ state }) => state === "open"));
});

test("without own indices errors are counted without a problem, and a decision says what makes them", async () => {
  const { memory, groups, list, show } = setUp();
  const absent = async () => {
    throw fault("absent");
  };
  Object.assign(memory.groups, { rules: absent, read: absent });
  Object.assign(memory.notes, { page: absent });
  memory.states = async () => [{ index: "groups", state: "absent" }];
  const none = { kept: false, problems: [] };
  assert.deepEqual((await list()).memory, none);
  const shown = await show(DISK);
  assert.deepEqual([shown.memory, shown.notes, shown.count], [none, [], 2]);
  await assert.rejects(show(UNKNOWN), SearchRefused);
  await assert.rejects(
    groups.merge({ group: DISK, into: ORDER, by }, signal),
    refusedWith("no_memory", /is absent/),
  );
});

test("an own index that cannot be read leaves counts as they are, and is named once", async () => {
  for (const problem of ["absent", "closed"] as const) {
    const { memory, list, show } = setUp();
    const fails = async () => {
      throw fault(problem);
    };
    Object.assign(memory.groups, { rules: fails, read: fails });
    const problems = [{ message: `log-vectorizer-groups is ${problem}`, hint: "Mend it." }];
    const { total, records, memory: listed } = await list();
    assert.deepEqual([total, records, listed], [3, 5, { kept: true, problems }]);
    const shown = await show(DISK);
    assert.deepEqual([shown.count, shown.memory, shown.notes], [2, { kept: true, problems }, []]);
  }
  const { memory, show } = setUp();
  memory.notes.page = async () => {
    throw fault("closed");
  };
  const shown = await show(DISK);
  assert.equal(shown.notes, null, "what cannot be read is not none");
  assert.equal(shown.memory.problems.length, 1);
});
