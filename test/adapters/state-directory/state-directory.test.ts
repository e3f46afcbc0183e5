import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createStateDirectory } from "../../../src/adapters/state-directory/state-directory.ts";

async function setUp(t: TestContext) {
  const parent = await mkdtemp(join(tmpdir(), "state-"));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const path = join(parent, "a", "state");
  const problems: string[] = [];
  const open = () => createStateDirectory(path, (problem) => problems.push(problem));
  return { parent, path, problems, open, state: open() };
}

test("what was saved is there for the next process, in the folder that was made for it", async (t) => {
  const { state, open, path } = await setUp(t);
  assert.equal(await state.load("daemon"), undefined);
  await state.save("daemon", { pid: 1, list: [null, "ä"] });
  await state.save("other", 42);
  assert.deepEqual(await open().load("daemon"), { pid: 1, list: [null, "ä"] });
  assert.deepEqual((await readdir(path)).toSorted(), ["daemon.json", "other.json"]);
});

test("nobody else can read it", async (t) => {
  const { state, path } = await setUp(t);
  await state.save("daemon", {});
  assert.equal((await stat(join(path, "daemon.json"))).mode & 0o777, 0o600);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
});

test("a document is replaced whole: who reads meanwhile sees the old or the new one", async (t) => {
  const { state, open } = await setUp(t);
  const document = (n: number) => ({ n, padding: String(n).repeat(50_000) });
  await state.save("daemon", document(0));
  const reader = open();
  const reads = (async () => {
    for (let i = 0; i < 100; i++) {
      const read = await reader.load("daemon");
      assert.ok(typeof read === "object" && read !== null && "n" in read && "padding" in read);
      assert.deepEqual(read, document(Number(read.n)));
    }
  })();
  for (let i = 1; i <= 20; i++) await state.save("daemon", document(i));
  await reads;
});

test("saves at the same time leave one whole document and no debris", async (t) => {
  const { state, open, path, problems } = await setUp(t);
  await Promise.all(Array.from({ length: 10 }, (_, n) => state.save("daemon", { n })));
  assert.ok(await open().load("daemon"));
  assert.deepEqual(await readdir(path), ["daemon.json"]);
  assert.deepEqual(problems, []);
});

test("the last of several saves is the one that stays", async (t) => {
  const { state, open } = await setUp(t);
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 5 }, (_, n) => state.save("daemon", { n })));
    assert.deepEqual(await open().load("daemon"), { n: 4 });
  }
});

for (const [what, text] of [
  ["empty", ""],
  ["cut off", '{"pid": 1'],
  ["not JSON", "hello"],
] as const) {
  test(`a document that is ${what} counts as none, and is replaced`, async (t) => {
    const { state, path } = await setUp(t);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "daemon.json"), text);
    assert.equal(await state.load("daemon"), undefined);
    await state.save("daemon", { pid: 2 });
    assert.deepEqual(JSON.parse(await readFile(join(path, "daemon.json"), "utf8")), { pid: 2 });
  });
}

test("where it cannot be written that is said once, and memory serves", async (t) => {
  const { state, parent, problems, open } = await setUp(t);
  await writeFile(join(parent, "a"), "a file where the folder should be");
  await state.save("daemon", { pid: 1 });
  await state.save("daemon", { pid: 2 });
  await state.save("other", { x: 1 });
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /ENOTDIR|EEXIST/);
  assert.deepEqual(await state.load("daemon"), { pid: 2 });
  assert.equal(await open().load("daemon"), undefined);
});

test("when it can be written again, it is, and the file counts again", async (t) => {
  const { state, parent, open } = await setUp(t);
  await writeFile(join(parent, "a"), "in the way");
  await state.save("daemon", { pid: 1 });
  await rm(join(parent, "a"));
  await state.save("daemon", { pid: 2 });
  assert.deepEqual(await open().load("daemon"), { pid: 2 });
  assert.deepEqual(await state.load("daemon"), { pid: 2 });
});

test("a write that fails half-way leaves the old document and no debris", async (t) => {
  const { state, path, open } = await setUp(t);
  await state.save("daemon", { pid: 1 });
  // Nothing can be renamed onto a folder that is not empty.
  await mkdir(join(path, "other.json", "x"), { recursive: true });
  await state.save("other", { y: 1 });
  assert.deepEqual((await readdir(path)).toSorted(), ["daemon.json", "other.json"]);
  assert.deepEqual(await state.load("other"), { y: 1 });
  assert.deepEqual(await open().load("daemon"), { pid: 1 });
});

test("what is no JSON is never saved in part", async (t) => {
  const { state, path, problems } = await setUp(t);
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  await state.save("daemon", circular);
  assert.equal(problems.length, 1);
  assert.deepEqual(await readdir(path), []);
});
