import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../../../../src/adapters/state-directory/make-folder.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("makes what is missing with the mode, and leaves what is there as it is", async (t) => {
  const root = await temporaryFolder(t);
  const before = await modeOf(root);
  await makeFolder(join(root, "a/b/c"), 0o700);
  for (const made of ["a", "a/b", "a/b/c"]) assert.equal(await modeOf(join(root, made)), 0o700);
  await makeFolder(join(root, "a"), 0o750);
  await makeFolder("/", 0o700);
  assert.deepEqual([await modeOf(join(root, "a")), await modeOf(root)], [0o700, before]);
});

test("several at once make one folder", async (t) => {
  const path = join(await temporaryFolder(t), "a/b/c/d");
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(path, 0o700)));
  assert.equal((await stat(path)).isDirectory(), true);
});

test("a file in the way is an error", async (t) => {
  const file = join(await temporaryFolder(t), "file");
  await writeFile(file, "");
  await assert.rejects(makeFolder(file, 0o700), { code: "EEXIST" });
  await assert.rejects(makeFolder(join(file, "below"), 0o700), { code: "ENOTDIR" });
});

test("a folder that takes none ends with an error, and not never", async (t) => {
  if (process.platform !== "linux") return t.skip("no /proc here");
  await assert.rejects(makeFolder("/proc/log-vectorizer/models", 0o700), { code: "ENOENT" });
});
