import assert from "node:assert/strict";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openStampKey, readStampKey } from "../../../../src/adapters/state-directory/stamp-key.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const never = (problem: string) => assert.fail(problem);

test("the key is made once, for its owner alone, and is the same for all who come later", async (t) => {
  const folder = join(await temporaryFolder(t), "state");
  const key = await openStampKey(folder, never);
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal((await stat(join(folder, "stamp.key"))).mode & 0o777, 0o600);
  assert.equal(await openStampKey(folder, never), key);
});

test("processes that start together share one key", async (t) => {
  const folder = await temporaryFolder(t);
  const keys = await Promise.all(Array.from({ length: 8 }, () => openStampKey(folder, never)));
  assert.equal(new Set(keys).size, 1);
});

test("a file without a key is said, and stays as it is", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "stamp.key"), "secret\n");
  await assert.rejects(openStampKey(folder, never), /stamp\.key holds no key.*remove the file/s);
  assert.equal(await readFile(join(folder, "stamp.key"), "utf8"), "secret\n");
});

test("where no key can be kept it is said, and the work goes on with one of this process", async (t) => {
  const file = join(await temporaryFolder(t), "a-file");
  await writeFile(file, "");
  const problems: string[] = [];
  const key = await openStampKey(file, (problem) => problems.push(problem));
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal(problems.length, 1);
});

test("a directory that is read-only by now gives the key that is in it", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "state"));
  const key = await openStampKey(join(folder, "state"), never);
  await chmod(join(folder, "state"), 0o500);
  const again = await openStampKey(join(folder, "state"), never);
  await chmod(join(folder, "state"), 0o700);
  assert.equal(again, key);
});

test("reading the stamp key creates none, and returns the one that exists", async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(await readStampKey(folder), undefined);
  const key = await openStampKey(folder, never);
  assert.equal(await readStampKey(folder), key);
});
