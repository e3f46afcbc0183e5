import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

const SCRIPTS = resolve(import.meta.dirname, "../../../scripts");

/** Runs the check in a checkout of its own, with the version that the code sees set beforehand. */
async function check(t: TestContext, version: string, localNode: boolean) {
  const checkout = await mkdtemp(join(tmpdir(), "checkout-"));
  t.after(() => rm(checkout, { recursive: true, force: true }));
  await mkdir(join(checkout, "scripts"));
  await copyFile(join(SCRIPTS, "need-node-24.mjs"), join(checkout, "scripts/need-node-24.mjs"));
  if (localNode) {
    await mkdir(join(checkout, "node_modules/.bin"), { recursive: true });
    await writeFile(join(checkout, "node_modules/.bin/node"), "");
  }
  const pretend = `Object.defineProperty(process.versions, "node", { value: "${version}" });`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  const args = ["--import", preload, join(checkout, "scripts/need-node-24.mjs")];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

test("Node 24 and later pass in silence", async (t) => {
  for (const version of ["24.0.0", "26.1.0"]) {
    const { status, stdout, stderr } = await check(t, version, false);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  }
});

test("an older Node is told how the right one gets installed", async (t) => {
  const { status, stderr } = await check(t, "20.20.2", false);
  assert.equal(status, 2);
  assert.match(stderr, /needs Node 24 or later; this is Node 20\.20\.2/);
  assert.match(stderr, /npm ci --include=dev --ignore-scripts=false/);
});

test("an older Node beside an installed Node 24 is told to use that one", async (t) => {
  const { status, stderr } = await check(t, "22.1.0", true);
  assert.equal(status, 2);
  assert.match(stderr, /Run this through npm/);
});
