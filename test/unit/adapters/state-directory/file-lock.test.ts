import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { withFileLock } from "../../../../src/adapters/state-directory/file-lock.ts";

async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "lock-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { folder, path: join(folder, "a.lock") };
}

test("one at a time, and nothing is left behind", async (t) => {
  const { folder, path } = await setUp(t);
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await readdir(folder);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, work)));
  assert.deepEqual([most, inside], [1, 0]);
  assert.deepEqual(await readdir(folder), []);
});

test("a failure of the work frees the lock and is not swallowed", async (t) => {
  const { folder, path } = await setUp(t);
  const failing = withFileLock(path, () => Promise.reject(new Error("no")));
  await assert.rejects(failing, /^Error: no$/);
  assert.deepEqual(await readdir(folder), []);
});

test("a lock that somebody holds is waited for", async (t) => {
  const { path } = await setUp(t);
  await writeFile(path, "");
  let done = false;
  const work = withFileLock(path, async () => void (done = true));
  await readdir(tmpdir());
  assert.equal(done, false);
  await rm(path);
  await work;
  assert.equal(done, true);
});

for (const [what, seconds] of [
  ["from long ago", -60],
  ["of a time ahead of the clock", 3600],
] as const) {
  test(`a lock ${what} holds nobody up`, async (t) => {
    const { folder, path } = await setUp(t);
    await writeFile(path, "");
    const time = Date.now() / 1000 + seconds;
    await utimes(path, time, time);
    let done = false;
    await withFileLock(path, async () => void (done = true));
    assert.equal(done, true);
    assert.deepEqual(await readdir(folder), []);
  });
}

test("where no lock can be made the work is done without", async (t) => {
  const { folder } = await setUp(t);
  let done = false;
  await withFileLock(join(folder, "none", "a.lock"), async () => void (done = true));
  assert.equal(done, true);
});

const HOLDER = join(import.meta.dirname, "lock-holder.ts");

function startProcess(t: TestContext, path: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [HOLDER, path, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

/** A process that says that it has the lock. */
async function startHolder(t: TestContext, path: string): Promise<ChildProcess> {
  const holder = startProcess(t, path, "hold");
  assert.ok(holder.stdout);
  assert.match(String(await once(holder.stdout, "data")), /held/);
  return holder;
}

async function makeOld(path: string): Promise<void> {
  const time = Date.now() / 1000 - 60;
  await utimes(path, time, time);
}

test("several that come upon one stale lock at once still work one after the other", async (t) => {
  const { folder, path } = await setUp(t);
  for (let round = 0; round < 20; round++) {
    await writeFile(path, "");
    await makeOld(path);
    let inside = 0;
    const work = async () => {
      assert.equal(++inside, 1);
      await readdir(folder);
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, work)));
    assert.deepEqual(await readdir(folder), []);
  }
});

test("processes that wait for one that is killed lose no change to each other", async (t) => {
  const { folder, path } = await setUp(t);
  await writeFile(`${path}.counter`, "0");
  const holder = await startHolder(t, path);
  const waiting = Array.from({ length: 5 }, () => startProcess(t, path, "count", "20"));
  await Promise.all(
    waiting.map(({ stdout }) => {
      assert.ok(stdout);
      return once(stdout, "data");
    }),
  );
  assert.equal(await readFile(`${path}.counter`, "utf8"), "0");
  holder.kill("SIGKILL");
  await once(holder, "close");
  await makeOld(path);
  const codes = await Promise.all(waiting.map((child) => once(child, "close")));
  assert.deepEqual(
    codes.flat().filter((code) => code !== null),
    [0, 0, 0, 0, 0],
  );
  assert.equal(await readFile(`${path}.counter`, "utf8"), "100");
  const left = (await readdir(folder)).filter((name) => name !== "a.lock.counter");
  assert.deepEqual(left, []);
});

test("a live process keeps its lock however old that is, and a caller that waits too long is told so", async (t) => {
  const { path } = await setUp(t);
  const holder = await startHolder(t, path);
  // As after a suspend, or with a wrong clock.
  holder.kill("SIGSTOP");
  await makeOld(path);
  let ran = false;
  assert.equal(await withFileLock(path, async () => void (ran = true), 200), false);
  assert.equal(ran, false);
  holder.kill("SIGKILL");
  await once(holder, "close");
  assert.equal(await withFileLock(path, async () => void (ran = true)), true);
  assert.equal(ran, true);
});
