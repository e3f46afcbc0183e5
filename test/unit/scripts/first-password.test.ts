import assert from "node:assert/strict";
import { copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { runVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";

const SCRIPT = resolve(import.meta.dirname, "../../../scripts/first-password.ts");
const UID = String(process.getuid?.() ?? 0);

/** Runs it as a container does, beside nothing that says what kind of a module it is. */
async function firstPassword(t: TestContext, folder: string, password = "") {
  const script = join(await temporaryFolder(t), "first-password.ts");
  await copyFile(SCRIPT, script);
  const file = join(folder, "grafana-admin");
  const { code, stdout, stderr } = await runVectorizer(t, [file, UID], {
    script,
    env: { PASSWORD: password },
  });
  assert.equal(code, 0, stderr);
  return { said: stdout + stderr, is: await readFile(file, "utf8"), file };
}

test("the first start makes a password of its own, later ones leave it, and nobody else reads it", async (t) => {
  const [one, other] = [await temporaryFolder(t), await temporaryFolder(t)];
  const first = await firstPassword(t, one);
  assert.match(first.is, /^[\w-]{32}$/);
  assert.ok(!first.said.includes(first.is), first.said);
  assert.equal((await stat(first.file)).mode & 0o777, 0o600);
  assert.equal((await firstPassword(t, one)).is, first.is);
  assert.notEqual((await firstPassword(t, other)).is, first.is);
  assert.deepEqual(await readdir(one), ["grafana-admin"]);
});

test("a given password takes the place of the one that is there", async (t) => {
  const folder = await temporaryFolder(t);
  await firstPassword(t, folder);
  const { is, said, file } = await firstPassword(t, folder, "of-my-own-0123");
  assert.equal(is, "of-my-own-0123");
  assert.ok(!said.includes(is), said);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test("a start that was cut short leaves no half password", async (t) => {
  const folder = await temporaryFolder(t);
  await Promise.all([
    writeFile(join(folder, "grafana-admin"), ""),
    writeFile(join(folder, "grafana-admin.new"), "ab", { mode: 0o644 }),
  ]);
  const { is, file } = await firstPassword(t, folder);
  assert.match(is, /^[\w-]{32}$/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});
