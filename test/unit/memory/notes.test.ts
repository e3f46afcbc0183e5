import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { mergeGroups } from "../../../src/memory/change-groups.ts";
import { MemoryRefused, type MemoryRefusal } from "../../../src/memory/memory-refused.ts";
import { createNotes } from "../../../src/memory/notes.ts";
import { sighting } from "../../contract/error-memory-contract.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";

const [A, B] = ["a".repeat(16), "b".repeat(16)] as const;
const NOTE = { group: A, author: "kim", cause: "a full disk" };

/** Groups A and B are known. The clock goes on by a minute with each look. */
async function setUp({ signal }: TestContext) {
  const memory = createFakeErrorMemory();
  await memory.groups.change(
    [A, B],
    (id) => ({ group: sightedGroup(undefined, sighting(id)) }),
    { visible: "now" },
    signal,
  );
  let minutes = 0;
  const clock = { now: () => Date.UTC(2026, 0, 1, 0, minutes++) };
  return {
    memory,
    clock,
    notes: createNotes({ memory: async () => memory, clock, remember: async () => undefined }),
    signal,
  };
}

function refusedWith(code: MemoryRefusal, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof MemoryRefused, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint ?? ""}`, message);
    return true;
  };
}

test("a note comes back as it was written, with its time and what others say, newest first", async (t) => {
  const { notes, signal } = await setUp(t);
  const note = await notes.add({ ...NOTE, link: "https://example.com/7" }, signal);
  await notes.judge(note.id, { verdict: "confirmed", by: "ann" }, signal);
  const judged = await notes.judge(note.id, { verdict: "wrong", by: "lee" }, signal);
  const newer = await notes.add({ ...NOTE, cause: undefined, fix: "rotate" }, signal);
  assert.deepEqual(
    judged.verdicts.map(({ verdict, by }) => [verdict, by]),
    [
      ["wrong", "lee"],
      ["confirmed", "ann"],
    ],
  );
  const list = await notes.list({ group: A, limit: 5 }, signal);
  assert.deepEqual(list, { notes: [newer, judged], unreadable: 0, next: null });
  assert.deepEqual(
    [newer.cause, newer.fix, newer.at],
    [null, "rotate", "2026-01-01T00:03:00.000Z"],
  );
});

test("notes of merged groups are listed with each of them", async (t) => {
  const { memory, clock, notes, signal } = await setUp(t);
  const note = await notes.add(NOTE, signal);
  assert.deepEqual((await notes.list({ group: B, limit: 5 }, signal)).notes, []);
  await mergeGroups({ memory, clock }, { group: A, into: B, by: "kim" }, signal);
  assert.deepEqual((await notes.list({ group: B, limit: 5 }, signal)).notes, [note]);
});

test("a group, an episode or a note that is unknown is named, with where to find those that are known", async (t) => {
  const { memory, notes, signal } = await setUp(t);
  const unknown = "c".repeat(16);
  for (const group of [unknown, "short", "x\u001b[31m"]) {
    const refused = refusedWith("unknown_group", /no group ".*groups list/);
    await assert.rejects(notes.add({ ...NOTE, group }, signal), refused);
    if (group !== unknown) {
      await assert.rejects(notes.list({ group, limit: 5 }, signal), refused);
    }
  }
  assert.deepEqual((await notes.list({ group: unknown, limit: 5 }, signal)).notes, []);
  const refused = refusedWith("unknown_note", /no note "n9".*note list/);
  await assert.rejects(notes.judge("n9", { verdict: "wrong", by: "lee" }, signal), refused);
  await assert.rejects(
    notes.add({ ...NOTE, episode: `${A}-1` }, signal),
    refusedWith("unknown_episode", /is unknown.*log-vectorizer episodes a{16}/),
  );
  assert.equal(memory.kept.notes.size, 0, "nothing of it was kept");
});

test("a note of nothing, of too much, or with a link that is none is refused by its field", async (t) => {
  const { memory, notes, signal } = await setUp(t);
  const wrong: [changes: object, said: RegExp][] = [
    [{ cause: undefined }, /needs a cause or a fix/],
    [{ cause: " \n" }, /cause is blank/],
    [{ cause: "x".repeat(2001) }, /cause is 2001 characters long, and at most 2000/],
    [{ fix: "x".repeat(4001) }, /fix is 4001/],
    [{ author: "" }, /author is blank/],
    [{ link: "javascript:alert(1)" }, /not an address that begins with http/],
    [{ link: "https://example.com/a b" }, /not an address/],
    [{ link: "https://kim:secret@example.com/" }, /contains a user or a password/],
  ];
  for (const [changes, said] of wrong) {
    await assert.rejects(notes.add({ ...NOTE, ...changes }, signal), refusedWith("invalid", said));
  }
  assert.equal(memory.kept.notes.size, 0);
  // Characters, not the units that they are stored in.
  await notes.add({ ...NOTE, cause: "🔥".repeat(2000) }, signal);
});

test("a page that begins nowhere is refused, and one that does goes on there", async (t) => {
  const { notes, signal } = await setUp(t);
  for (const cause of ["one", "two", "three"]) await notes.add({ ...NOTE, cause }, signal);
  const first = await notes.list({ limit: 2 }, signal);
  const rest = await notes.list({ limit: 2, from: first.next ?? undefined }, signal);
  const causes = [...first.notes, ...rest.notes].map(({ cause }) => cause);
  assert.deepEqual(causes, ["three", "two", "one"]);
  assert.equal(rest.next, null);
  await assert.rejects(
    notes.list({ limit: 2, from: "nonsense" }, signal),
    refusedWith("invalid", /No page of notes begins at "nonsense"/),
  );
});
