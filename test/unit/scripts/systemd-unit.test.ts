import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const UNIT = resolve(import.meta.dirname, "../../../systemd/periodic-enrichment.service");
const MAX_EXPOSURE = 1.5;

const probe = spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" });
const skip = probe.status === 0 ? false : "there is no systemd-analyze here";

test("systemd finds nothing wrong with the unit", { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "unit-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // The command is not installed here, and systemd looks for it.
  const unit = await readFile(UNIT, "utf8");
  const path = join(folder, "periodic-enrichment.service");
  await writeFile(path, unit.replace("/usr/bin/log-vectorizer", process.execPath));
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
  assert.equal(stderr.trim(), "");
  assert.equal(status, 0);
});

test(`systemd rates the unit's exposure at ${MAX_EXPOSURE} at most`, { skip }, () => {
  const args = ["security", "--offline=true", "--no-pager", UNIT];
  const { stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
  assert.ok(exposure, stderr);
  assert.ok(Number(exposure) <= MAX_EXPOSURE, exposure);
});

test("the unit holds as much memory as a pod at most, and dumps none of it", async () => {
  const unit = await readFile(UNIT, "utf8");
  const scheduler = resolve(import.meta.dirname, "../../../deploy/kubernetes/base/scheduler.yaml");
  const [, mebibytes] =
    /limits:\n\s+memory: (\d+)Mi/.exec(await readFile(scheduler, "utf8")) ?? assert.fail();
  assert.match(unit, new RegExp(`^MemoryMax=${mebibytes}M$`, "m"));
  assert.match(unit, /^LimitCORE=0$/m);
});

test("the unit restarts after failures but not with wrong settings, and lets Node compile", async () => {
  const unit = await readFile(UNIT, "utf8");
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];
  assert.equal(value("Restart"), "on-failure");
  assert.equal(value("RestartSec"), "10");
  assert.equal(value("RestartPreventExitStatus"), "2");
  assert.ok(Number(value("TimeoutStopSec")) > 8);
  assert.equal(value("MemoryDenyWriteExecute"), undefined);
  assert.equal(value("ExecReload"), "/bin/kill -HUP $MAINPID");
});
