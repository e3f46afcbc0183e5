import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import { createGroups } from "../../../src/analysis/groups.ts";
import type { ErrorMemory } from "../../../src/ports/error-memory.ts";
import { idOf, memoryFails, NAMES, setUpAlike } from "./alike-setup.ts";

const { signal } = new AbortController();
const by = "kim";

async function setUp(options?: Parameters<typeof setUpAlike>[0]) {
  const set = await setUpAlike(options);
  const likesOf = async () => {
    const { groups } = await set.listGroups();
    return new Map(groups.map(({ group, like }) => [group, like]));
  };
  const likeOf = async (name: (typeof NAMES)[number]) => (await likesOf()).get(idOf(name));
  return { ...set, likesOf, likeOf };
}

/** Nobody made the own indices. */
function makeAbsent(memory: ErrorMemory): void {
  const absent = async () => {
    throw new MemoryFault("absent", { index: "groups", message: "absent", hint: "Make it." });
  };
  Object.assign(memory.groups, { rules: absent, read: absent });
  memory.states = async () => [{ index: "groups", state: "absent" }];
}

test("each listed error names the one that it is most like, which is the first that its own page proposes", async () => {
  const { likesOf, likeOf, alikeTo } = await setUp();
  const { cosine = 0, ...like } = (await likeOf("disk")) ?? {};
  assert.deepEqual(like, {
    group: idOf("loud"),
    service: "shop",
    template: "DISK <*> full!",
    surely: true,
    note: false,
  });
  assert.ok(cosine > 0.96 && cosine < 0.98, String(cosine));
  assert.equal((await likeOf("volume"))?.surely, false);
  assert.equal(await likeOf("login"), null);
  const likes = await likesOf();
  assert.equal(likes.size, NAMES.length);
  for (const name of NAMES) {
    assert.equal(likes.get(idOf(name))?.group, (await alikeTo(name))?.[0], name);
  }
});

test("what people merged or keep apart is never the like of each other, and a part of another error counts as that one", async () => {
  const { groups, likesOf, likeOf } = await setUp();
  await groups.merge({ group: idOf("loud"), into: idOf("disk"), by }, signal);
  assert.equal((await likeOf("disk"))?.group, idOf("volume"));
  assert.ok(!(await likesOf()).has(idOf("loud")), "it is a part of that row");
  await groups.split({ group: idOf("loud"), by }, signal);
  assert.equal((await likeOf("disk"))?.group, idOf("volume"), "from one side");
  assert.equal((await likeOf("loud"))?.group, idOf("pay"), "and from the other");
  await groups.merge({ group: idOf("volume"), into: idOf("login"), by }, signal);
  const like = await likeOf("disk");
  assert.deepEqual([like?.group, like?.template], [idOf("login"), "Volume <*> full"]);
});

test("two errors that count by themselves are kept apart, also where one is merged since, and merged ones are not", async () => {
  const { groups, likeOf, alikeTo } = await setUp();
  const [disk, loud, volume] = [idOf("disk"), idOf("loud"), idOf("volume")];
  await groups.split({ group: disk, from: loud, by }, signal);
  assert.deepEqual(
    [(await likeOf("disk"))?.group, (await likeOf("loud"))?.group],
    [volume, idOf("pay")],
  );
  await groups.merge({ group: volume, into: loud, by }, signal);
  // The page that somebody presses a button on may be older than a merge.
  await groups.split({ group: volume, from: idOf("pay"), by }, signal);
  assert.deepEqual(await alikeTo("loud"), [], "said of a part, it is said of the whole");
  assert.equal((await likeOf("disk"))?.group, idOf("pay"), "and the part is kept apart with it");
  for (const [group, from] of [
    [volume, loud],
    [disk, disk],
  ] as const) {
    await assert.rejects(groups.split({ group, from, by }, signal), { code: "invalid" });
  }
});

test("a merged error without a vector of its own speaks by that of its part", async () => {
  const { memory, groups, likeOf } = await setUp();
  await groups.merge({ group: idOf("loud"), into: idOf("login"), by }, signal);
  const login = memory.kept.groups.get(idOf("login"));
  assert.ok(login);
  memory.kept.vectors.delete(idOf("login"));
  memory.kept.groups.set(idOf("login"), { ...login, vector_of: null });
  assert.equal((await likeOf("login"))?.group, idOf("disk"));
});

test("a like has a note where somebody wrote one of it, or of what is merged into it, that nobody calls wrong", async () => {
  const { memory, groups, notes, likeOf } = await setUp();
  const { id } = await notes.add({ group: idOf("loud"), author: by, cause: "a full disk" }, signal);
  assert.equal((await likeOf("disk"))?.note, true);
  assert.equal((await likeOf("loud"))?.note, false, "its own is not meant");
  await notes.judge(id, { verdict: "wrong", by: "lee" }, signal);
  assert.equal((await likeOf("disk"))?.note, false);
  await groups.merge({ group: idOf("login"), into: idOf("loud"), by }, signal);
  await notes.add({ group: idOf("login"), author: by, cause: "a bad disk" }, signal);
  assert.equal((await likeOf("disk"))?.note, true);
  memory.notes.page = memoryFails("notes");
  assert.equal((await likeOf("disk"))?.note, null, "what cannot be read is not none");
});

test("what is not known is not said to be none: another model is counted, and without a readable memory there is no like", async () => {
  const other = await setUp({ model: "an earlier model" });
  const { groups, other_model: otherModel } = await other.listGroups();
  assert.deepEqual([groups.length, otherModel], [5, 5]);
  assert.ok(groups.every(({ like }) => like === null));

  for (const broken of ["rules", "read", "nearest"] as const) {
    const { memory, listGroups } = await setUp();
    memory.groups[broken] = memoryFails("groups");
    const answer = await listGroups();
    assert.ok(answer.groups.length === 5 && answer.groups.every((row) => !("like" in row)), broken);
    assert.equal(answer.memory.problems.length, 1, broken);
  }
  const { memory, listGroups } = await setUp();
  makeAbsent(memory);
  const without = await listGroups();
  assert.ok(without.groups.every((row) => !("like" in row)));
  assert.deepEqual(without.memory, { kept: false, problems: [] });
});

test("an embedder that cannot be asked for its model leaves the list as it is, and is named where there is a memory", async () => {
  const { memory, deps } = await setUp();
  const model = async () => Promise.reject(new Fault("outage", "no answer", { hint: "Start it." }));
  const { list } = createGroups({ ...deps, model });
  const answer = await list({ order: "last", limit: 9 }, signal);
  assert.equal(answer.groups.length, 5);
  assert.match(answer.memory.problems[0]?.message ?? "", /model in force is not known.*no answer/);
  makeAbsent(memory);
  const without = await list({ order: "last", limit: 9 }, signal);
  assert.deepEqual([without.groups.length, without.memory.problems], [5, []]);
});
