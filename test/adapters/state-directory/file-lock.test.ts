import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { withFileLock } from "../../../src/adapters/state-directory/file-lock.ts";

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
