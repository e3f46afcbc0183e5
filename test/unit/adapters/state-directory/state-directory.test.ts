import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { withFileLock } from "../../../../src/adapters/state-directory/file-lock.ts";
import { createStateDirectory } from "../../../../src/adapters/state-directory/state-directory.ts";

async function setUp(t: TestContext) {
  const parent = await mkdtemp(join(tmpdir(), "state-"));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const path = join(parent, "a", "state");
  const problems: string[] = [];
  const open = () => createStateDirectory(path, (problem) => problems.push(problem));
  return { parent, path, problems, open, state: open() };
}

test("a saved value is there for the next process, in a folder created for it", async (t) => {
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

test("values that could not be saved are written as soon as one can be, and that is reported once", async (t) => {
  const { parent, path, open } = await setUp(t);
  const said: string[] = [];
  const state = createStateDirectory(
    path,
    () => said.push("unwritable"),
    () => said.push("writable"),
  );
  await writeFile(join(parent, "a"), "in the way");
  await state.save("daemon", { pid: 1 });
  await state.save("breaker", { kind: "quota" });
  await state.append("spent", { usd: 1 });
  assert.deepEqual(said, ["unwritable"]);
  await rm(join(parent, "a"));
  await state.change("daemon", () => ({ pid: 2 }));
  await state.save("daemon", { pid: 3 });
  assert.deepEqual(said, ["unwritable", "writable"]);
  const other = open();
  assert.deepEqual(await other.load("breaker"), { kind: "quota" });
  assert.deepEqual(await other.lines("spent"), [{ usd: 1 }]);
  await rm(parent, { recursive: true });
  await writeFile(parent, "in the way again");
  await state.save("daemon", { pid: 4 });
  assert.deepEqual(said, ["unwritable", "writable", "unwritable"]);
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

test("a value that cannot become JSON is never saved in part", async (t) => {
  const { state, path, problems } = await setUp(t);
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  await state.save("daemon", circular);
  assert.equal(problems.length, 1);
  assert.deepEqual(await readdir(path), []);
});

test("a ledger holds the lines of all processes, in their order", async (t) => {
  const { state, open, path } = await setUp(t);
  const other = open();
  for (let n = 0; n < 20; n++) await (n % 2 ? other : state).append("spent", { n, text: "a\nb" });
  const lines = Array.from({ length: 20 }, (_, n) => ({ n, text: "a\nb" }));
  assert.deepEqual(await state.lines("spent"), lines);
  assert.deepEqual(await open().lines("spent"), lines);
  assert.deepEqual(await state.lines("other"), []);
  assert.equal((await stat(join(path, "spent.jsonl"))).mode & 0o777, 0o600);
});

test("lines added at the same time are all there, each whole", async (t) => {
  const { state, open } = await setUp(t);
  const stores = [state, open(), open()];
  const adding = Array.from({ length: 90 }, (_, n) => stores[n % 3]?.append("spent", { n }));
  const reading = open().lines("spent");
  await Promise.all([...adding, reading]);
  const lines = await open().lines("spent");
  assert.equal(lines.length, 90);
  assert.equal(new Set(lines.map((line) => JSON.stringify(line))).size, 90);
});

test("a line that a killed process left half written costs no other line", async (t) => {
  const { state, path } = await setUp(t);
  await state.append("spent", { n: 1 });
  await appendFile(join(path, "spent.jsonl"), '{"n":2,"to');
  await state.append("spent", { n: 3 });
  assert.deepEqual(await state.lines("spent"), [{ n: 1 }, { n: 3 }]);
});

test("journals are named and removed, documents are not", async (t) => {
  const { state, path } = await setUp(t);
  assert.deepEqual(await state.journals(), []);
  await state.save("daemon", {});
  await state.append("spent-1", {});
  await state.append("spent-2", {});
  await state.removeJournal("spent-1");
  await state.removeJournal("never-there");
  assert.deepEqual(await state.journals(), ["spent-2"]);
  assert.deepEqual((await readdir(path)).toSorted(), ["daemon.json", "spent-2.jsonl"]);
});

test("a ledger that cannot be written is kept in memory, told once, and written as soon as it can be", async (t) => {
  const { state, parent, problems, open } = await setUp(t);
  await writeFile(join(parent, "a"), "in the way");
  await state.append("spent", { n: 1 });
  await state.append("spent", { n: 2 });
  assert.equal(problems.length, 1);
  assert.deepEqual(await state.lines("spent"), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(await state.journals(), ["spent"]);
  await rm(join(parent, "a"));
  await state.append("spent", { n: 3 });
  assert.deepEqual(await open().lines("spent"), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.deepEqual(await state.lines("spent"), [{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test("changes by several processes at once all stay", async (t) => {
  const { path, state, open } = await setUp(t);
  const directory = new URL(
    "../../../../src/adapters/state-directory/state-directory.ts",
    import.meta.url,
  );
  const script = `
    const { createStateDirectory } = await import(${JSON.stringify(directory.href)});
    const state = createStateDirectory(process.argv[1], (problem) => { throw new Error(problem); });
    for (let i = 0; i < 50; i++) {
      await state.change("set", (current = []) => [...current, process.argv[2] + i]);
    }`;
  const ended = ["a", "b", "c"].map(async (name) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, path, name], {
      stdio: "inherit",
    });
    const [code] = await once(child, "close");
    assert.equal(code, 0);
  });
  await Promise.all(ended);
  const set = await open().load("set");
  assert.ok(Array.isArray(set));
  assert.equal(new Set(set).size, 150);
  await state.change("set", (current) => (Array.isArray(current) ? current.length : 0));
  assert.equal(await state.load("set"), 150);
  assert.deepEqual(await readdir(path), ["set.json"]);
});

test("a folder that cannot be written: changes build on what memory holds", async (t) => {
  const { parent, problems, open } = await setUp(t);
  await writeFile(join(parent, "a"), "in the way");
  const state = open();
  for (let i = 0; i < 3; i++) {
    await state.change("count", (current) => (typeof current === "number" ? current : 0) + 1);
  }
  assert.equal(await state.load("count"), 3);
  assert.equal(problems.length, 1);
});

test("a change that fails changes nothing and holds up nothing", async (t) => {
  const { state } = await setUp(t);
  await state.save("count", 1);
  const failing = state.change("count", () => {
    throw new Error("no");
  });
  await assert.rejects(failing, /^Error: no$/);
  await state.save("other", 2);
  assert.deepEqual([await state.load("count"), await state.load("other")], [1, 2]);
});

test("values that could not be saved are written at the next try, each minute or on request", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { parent, path, open } = await setUp(t);
  const heard = Promise.withResolvers<string>();
  const state = createStateDirectory(
    path,
    () => undefined,
    () => heard.resolve("writable"),
  );
  await writeFile(join(parent, "a"), "in the way");
  await state.save("daemon", { pid: 1 });
  await state.append("spent", { usd: 1 });
  await state.retry();
  assert.equal(await open().load("daemon"), undefined);
  await rm(join(parent, "a"));
  t.mock.timers.tick(60_000);
  assert.equal(await heard.promise, "writable");
  assert.deepEqual(await open().load("daemon"), { pid: 1 });
  assert.deepEqual(await open().lines("spent"), [{ usd: 1 }]);

  await rm(parent, { recursive: true });
  await writeFile(parent, "in the way again");
  await state.save("daemon", { pid: 2 });
  await rm(parent);
  await state.retry();
  assert.deepEqual(await open().load("daemon"), { pid: 2 });
});

test("while a stopped process holds a document's lock memory serves, and the file follows", async (t) => {
  const { path, state } = await setUp(t);
  await state.save("other", 1);
  const problems: string[] = [];
  const heard = Promise.withResolvers<void>();
  const onWritable = () => heard.resolve();
  const waiting = createStateDirectory(path, (one) => problems.push(one), onWritable, 20);
  const held = Promise.withResolvers<void>();
  const holding = withFileLock(join(path, "count.json.lock"), () => held.promise);
  await waiting.change("count", () => 1);
  await waiting.change("count", (current) => (current === 1 ? 2 : 0));
  assert.equal(await waiting.load("count"), 2);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /another process has held .*count\.json\.lock for too long/);
  held.resolve();
  await holding;
  await waiting.retry();
  await heard.promise;
  assert.equal(await state.load("count"), 2);
});
