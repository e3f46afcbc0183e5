import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

const SCRIPTS = resolve(import.meta.dirname, "../../../scripts");

/** A checkout with a stand-in for npm that notes its arguments. */
async function checkout(t: TestContext, npm = 'echo "$@" >> npm-calls; echo installed') {
  const folder = await mkdtemp(join(tmpdir(), "checkout-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "scripts"));
  await mkdir(join(folder, "bin"));
  await mkdir(join(folder, "node_modules"));
  for (const name of ["install.mjs", "dependencies.mjs"]) {
    await copyFile(join(SCRIPTS, name), join(folder, "scripts", name));
  }
  await writeFile(join(folder, "package-lock.json"), "{}");
  await writeFile(join(folder, "bin/npm"), `#!/bin/sh\n${npm}\n`);
  await chmod(join(folder, "bin/npm"), 0o755);
  return {
    folder,
    run: () =>
      spawnSync(process.execPath, [join(folder, "scripts/install.mjs")], {
        encoding: "utf8",
        env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}` },
      }),
    calls: () => readFile(join(folder, "npm-calls"), "utf8").catch(() => ""),
  };
}

test("a checkout without packages gets them installed, and stdout stays clean", async (t) => {
  const { run, calls } = await checkout(t);
  const { status, stdout, stderr } = run();
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
  assert.match(stderr, /installed/);
  assert.match(await calls(), /^ci --include=dev/);
});

test("an install older than the lock file is done again, a newer one is left alone", async (t) => {
  const { folder, run, calls } = await checkout(t);
  const mark = join(folder, "node_modules/.package-lock.json");
  await writeFile(mark, "{}");
  const hourMs = 3_600_000;
  await utimes(mark, new Date(), new Date(Date.now() + hourMs));
  assert.equal(run().status, 0);
  assert.equal(await calls(), "");
  await utimes(mark, new Date(), new Date(Date.now() - hourMs));
  assert.equal(run().status, 0);
  assert.match(await calls(), /^ci /);
});

test("a failed install ends with a reason", async (t) => {
  const { run } = await checkout(t, "echo no network >&2; exit 7");
  const { status, stderr } = run();
  assert.equal(status, 1);
  assert.match(stderr, /no network/);
  assert.match(stderr, /could not be installed: it ended with 7/);
});
