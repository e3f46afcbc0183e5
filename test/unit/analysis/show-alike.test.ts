import assert from "node:assert/strict";
import { test } from "node:test";
import { listNotes } from "../../../src/analysis/list-notes.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { MemoryRefused } from "../../../src/memory/memory-refused.ts";
import { idOf, memoryFails, setUpAlike as setUp } from "./alike-setup.ts";
import { NOW } from "./groups-setup.ts";

const { signal } = new AbortController();
const by = "kim";

test("a group is shown with those that may be the same error, the surest first, and why", async () => {
  const { show } = await setUp();
  const { alike } = await show(idOf("disk"));
  assert.deepEqual(
    alike?.map(({ group, surely, differs, common, only_this, only_other }) => ({
      group,
      surely,
      differs,
      common,
      only_this,
      only_other,
    })),
    [
      {
        group: idOf("loud"),
        surely: true,
        differs: [],
        common: ["full"],
        only_this: ["Disk"],
        only_other: ["DISK"],
      },
      {
        group: idOf("volume"),
        surely: false,
        differs: [],
        common: ["full"],
        only_this: ["Disk"],
        only_other: ["Volume"],
      },
      {
        group: idOf("pay"),
        surely: false,
        differs: ["service"],
        common: ["Disk", "full"],
        only_this: [],
        only_other: [],
      },
    ],
  );
  assert.deepEqual(
    alike?.map(({ state, template, service }) => [state, template, service]),
    [
      ["new", "DISK <*> full!", "shop"],
      ["new", "Volume <*> full", "shop"],
      ["new", "Disk <*> full", "pay"],
    ],
  );
});

test("what people merged or keep apart is not proposed; a part of another group is proposed as that one", async () => {
  const { groups, alikeTo } = await setUp();
  await groups.merge({ group: idOf("loud"), into: idOf("disk"), by }, signal);
  assert.deepEqual(await alikeTo("disk"), [idOf("volume"), idOf("pay")]);
  await groups.split({ group: idOf("loud"), by }, signal);
  assert.deepEqual(await alikeTo("disk"), [idOf("volume"), idOf("pay")], "from one side");
  assert.deepEqual(await alikeTo("loud"), [idOf("pay")], "and from the other");
  await groups.merge({ group: idOf("pay"), into: idOf("login"), by }, signal);
  assert.deepEqual(await alikeTo("disk"), [idOf("volume"), idOf("login")]);
});

test("vectors of another model are not compared, and a group without one has no alike groups", async () => {
  const { alikeTo } = await setUp({ model: "an earlier model" });
  assert.deepEqual(await alikeTo("disk"), []);
});

test("notes of alike groups are shown as perhaps until the group has a valid one of its own", async () => {
  const { show, notes, list } = await setUp();
  const told = async () =>
    (await show(idOf("disk"))).carried?.map(({ cause, mark }) => [cause, mark]);
  assert.deepEqual(await told(), []);
  const wrong = await notes.add({ group: idOf("pay"), author: by, cause: "a bad disk" }, signal);
  await notes.add({ group: idOf("pay"), author: by, cause: "backups" }, signal);
  await notes.judge(wrong.id, { verdict: "wrong", by: "lee" }, signal);
  const both = [
    ["backups", null],
    ["a bad disk", "wrong"],
  ];
  assert.deepEqual(await told(), both);
  const shown = await show(idOf("disk"));
  const row = shown.alike?.find(({ group }) => group === idOf("pay"));
  assert.deepEqual(
    row?.notes?.map(({ cause }) => cause),
    ["backups"],
    "a wrong one is none",
  );
  assert.deepEqual(shown.notes, []);
  assert.deepEqual(shown.carried?.[0]?.differs, [{ what: "service", now: "shop", before: "pay" }]);
  assert.deepEqual((await list(idOf("disk"))).carried, shown.carried);

  const own = await notes.add({ group: idOf("disk"), author: by, cause: "own" }, signal);
  assert.deepEqual(await told(), []);
  await notes.judge(own.id, { verdict: "outdated", by: "lee" }, signal);
  assert.deepEqual(await told(), both);
});

test("a note of an alike group says which host is other than in the episode that it is about", async () => {
  const { memory, show, notes } = await setUp();
  const differs = async () => (await show(idOf("disk"))).carried?.[0]?.differs;
  const episode = `${idOf("loud")}-1`;
  const at = new Date(NOW - 3_600_000).toISOString();
  const run = { from: at, to: at, count: 1, ended: true, rose_with: [], told: [] };
  const kept = { episode, group: idOf("loud"), ...run, hosts: ["db-1"], versions: ["1.2"] };
  memory.kept.episodes.set(episode, kept);
  await notes.add({ group: idOf("loud"), author: by, cause: "a full disk" }, signal);
  const words = { what: "words", now: "Disk", before: "DISK" };
  assert.deepEqual(await differs(), [words, { what: "host", now: "db-2", before: "db-1" }]);
  memory.kept.episodes.set(episode, { ...kept, hosts: ["db-1", "db-2"] });
  assert.deepEqual(await differs(), [words]);
});

test("an error that only its records name has an empty list of notes, and one that nobody saw is unknown", async () => {
  const { memory, list, notes } = await setUp();
  memory.kept.groups.delete(idOf("login"));
  assert.deepEqual(await list(idOf("login")), {
    notes: [],
    unreadable: 0,
    next: null,
    carried: [],
  });
  assert.ok(!memory.kept.groups.has(idOf("login")), "reading writes nothing");
  const isUnknown = (error: unknown) =>
    error instanceof MemoryRefused && error.code === "unknown_group";
  await assert.rejects(list("0123456789abcdef"), isUnknown);
  await assert.rejects(list("nonsense"), isUnknown);
  const all = await listNotes(
    { notes, groups: { show: () => Promise.reject(new Fault("outage", "not asked")) } },
    { limit: 5 },
    signal,
  );
  assert.deepEqual(all.carried, []);
});

test("alike groups and notes that cannot be read are not none", async () => {
  const { memory, show, notes } = await setUp();
  await notes.add({ group: idOf("pay"), author: by, cause: "backups" }, signal);
  memory.groups.nearest = memoryFails("groups");
  const unseen = await show(idOf("disk"));
  assert.deepEqual([unseen.alike, unseen.carried, unseen.count], [null, null, 1]);
  assert.equal(unseen.memory.problems.length, 1);
  const other = await setUp();
  other.memory.notes.page = memoryFails("notes");
  const unread = await other.show(idOf("disk"));
  assert.deepEqual(
    [unread.alike?.length, unread.alike?.[0]?.notes, unread.carried],
    [3, null, null],
  );
});
