import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { LogFile } from "../../../src/telemetry/log-file.ts";
import { eventually } from "../../support/asserts/eventually.ts";

/** A folder in the place of the file stops even root from writing it. */
async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "log-file-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "some.log");
  const heard: string[] = [];
  const open = () =>
    new LogFile(path, {
      onUnwritable: (problem) => heard.push(`unwritable: ${problem}`),
      gapLine: (lost) => `(${lost} lost)\n`,
      onWritable: (lost) => heard.push(`writable, ${lost} lost`),
    });
  return { path, heard, open, read: () => readFile(path, "utf8") };
}

test("a file that could not be written has every later line, and says how many it lacks", async (t) => {
  const { path, heard, open, read } = await setUp(t);
  await mkdir(path);
  const file = open();
  file.write("one\n");
  await eventually(() => heard.length === 1, t);
  file.write("two\n");
  file.write("three\n");
  await file.reopen();
  assert.match(file.problem ?? "", /not a file/);
  assert.equal(heard.length, 1, "said once");

  await rm(path, { recursive: true });
  await file.reopen();
  file.write("four\n");
  await file.close();

  assert.equal(file.problem, undefined);
  assert.equal(await read(), "(3 lost)\nfour\n");
  assert.deepEqual(heard.slice(1), ["writable, 3 lost"]);
});

test("an unwritable file is tried again each minute by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { path, heard, open, read } = await setUp(t);
  await mkdir(path);
  const file = open();
  file.write("one\n");
  const turns = async (done: () => boolean) => {
    while (!done()) await new Promise((go) => setImmediate(go));
  };
  await turns(() => heard.length === 1);
  await rm(path, { recursive: true });
  t.mock.timers.tick(59_999);
  await new Promise((go) => setImmediate(go));
  assert.equal(heard.length, 1);
  t.mock.timers.tick(1);
  await turns(() => heard.length === 2);
  file.write("two\n");
  await file.close();
  assert.equal(await read(), "(1 lost)\ntwo\n");
});

test("a line that a full disk cut short is ended, and counts as lost", async (t) => {
  const { path, heard, open, read } = await setUp(t);
  await mkdir(path);
  const file = open();
  file.write("one\n");
  await eventually(() => heard.length === 1, t);
  await rm(path, { recursive: true });
  await writeFile(path, "zero\nha");
  await file.reopen();
  await file.reopen();
  await file.close();
  assert.equal(await read(), "zero\nha\n(2 lost)\n");
});

test("a file that somebody moved away is opened again by its name, and no line is lost", async (t) => {
  const { path, heard, open, read } = await setUp(t);
  const file = open();
  for (let n = 0; n < 100; n++) file.write(`before ${n}\n`);
  await file.reopen();
  await rename(path, `${path}.moved`);
  file.write("still in the old one\n");
  const reopened = file.reopen();
  file.write("while it is reopened\n");
  await reopened;
  file.write("after\n");
  await file.close();
  const moved = await readFile(`${path}.moved`, "utf8");
  const all = `${moved}${await read()}`;
  assert.equal(all.match(/^before \d+$/gm)?.length, 100);
  assert.match(moved, /^still in the old one$/m);
  assert.match(all, /^while it is reopened$/m);
  assert.equal(await read().then((text) => text.endsWith("after\n")), true);
  assert.deepEqual(heard, []);
});

test("of more than a slow disk takes the file says how many lines it lacks, and the rest is in it", async (t) => {
  const { open, path, read } = await setUp(t);
  const file = open();
  const line = `${"x".repeat(999_999)}\n`;
  for (let n = 0; n < 30; n++) file.write(line);
  await file.close();
  const rotated = await readFile(`${path}.1`, "utf8").catch(() => "");
  const lines = `${rotated}${await read()}`.trimEnd().split("\n");
  assert.match(lines.at(-1) ?? "", /^\(\d+ lost\)$/);
  const lost = Number(/\d+/.exec(lines.at(-1) ?? "")?.[0]);
  assert.ok(lost > 0);
  assert.equal(lines.length - 1 + lost, 30);
});

test("a log file is for its owner and its group alone, its rotated ones too", async (t) => {
  const { path, open } = await setUp(t);
  const file = open();
  file.write("one\n");
  await file.close();
  assert.equal(((await stat(path)).mode & 0o777).toString(8), "640");
});

test("a symbolic link in the place of the log file is not followed, and said; once it is gone the file is written", async (t) => {
  const { path, heard, open, read } = await setUp(t);
  const target = `${path}.victim`;
  await writeFile(target, "as it was\n");
  await symlink(target, path);
  const file = open();
  file.write("one\n");
  await eventually(() => heard.length === 1, t);
  assert.match(heard[0] ?? "", /^unwritable: it is a symbolic link/);
  assert.equal(await readFile(target, "utf8"), "as it was\n");
  await rm(path);
  await file.reopen();
  file.write("two\n");
  await file.close();
  assert.match(await read(), /two\n$/);
  assert.equal(await readFile(target, "utf8"), "as it was\n");
});

test("a link to a file that is not there yet makes none", async (t) => {
  const { path, heard, open } = await setUp(t);
  await symlink(`${path}.nowhere`, path);
  const file = open();
  await eventually(() => heard.length === 1, t);
  await file.close();
  await assert.rejects(stat(`${path}.nowhere`));
});
