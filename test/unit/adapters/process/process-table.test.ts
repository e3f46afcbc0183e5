import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createProcessTable } from "../../../../src/adapters/process/processes.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

test("this process runs, and a child is gone as soon as it is killed", async () => {
  const table = createProcessTable();
  const self = table.self();
  assert.equal(self.pid, process.pid);
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const other = { ...self, pid: child.pid ?? 0, start: null };
  assert.notEqual(table.livenessOf(other), "gone");
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(table.livenessOf(other), "gone");
  assert.notEqual(table.livenessOf(self), "gone");
});

async function fakeProc(t: Parameters<typeof temporaryFolder>[0]) {
  const root = await temporaryFolder(t);
  await mkdir(join(root, "self", "ns"), { recursive: true });
  await symlink("pid:[4026531836]", join(root, "self", "ns", "pid"));
  const place = async (pid: number, state: string, start: string) => {
    await mkdir(join(root, String(pid)), { recursive: true });
    // The name of a process may look like what comes behind it.
    const before = Array.from({ length: 18 }, () => "0").join(" ");
    await writeFile(
      join(root, String(pid), "stat"),
      `${pid} (a) R 1 (b) ${state} ${before} ${start} 0 0\n`,
    );
  };
  const identity = {
    pid: process.pid,
    host: hostname(),
    namespace: "pid:[4026531836]",
    start: "77",
  };
  return { root, place, identity, table: createProcessTable(root) };
}

test("a process id that was given to another process is not the one that was meant", async (t) => {
  const { place, identity, table } = await fakeProc(t);
  await place(process.pid, "S", "77");
  assert.equal(table.livenessOf(identity), "running");
  assert.equal(table.self().start, "77");
  await place(process.pid, "S", "78");
  assert.equal(table.livenessOf(identity), "gone");
});

test("a zombie is gone", async (t) => {
  const { place, identity, table } = await fakeProc(t);
  await place(process.pid, "Z", "77");
  assert.equal(table.livenessOf(identity), "gone");
});

test("of another host or container nothing is known", async (t) => {
  const { place, identity, table } = await fakeProc(t);
  await place(process.pid, "S", "77");
  assert.equal(table.livenessOf({ ...identity, host: "another" }), "unknown");
  assert.equal(table.livenessOf({ ...identity, namespace: "pid:[1]" }), "unknown");
});

test("without /proc a process that is there may be any, and one that is not is gone", async (t) => {
  const folder = await temporaryFolder(t);
  await rm(folder, { recursive: true });
  const table = createProcessTable(folder);
  const self = table.self();
  assert.deepEqual([self.namespace, self.start], [null, null]);
  assert.equal(table.livenessOf(self), "unknown");
  // Beyond what any system gives away.
  assert.equal(table.livenessOf({ ...self, pid: 2 ** 30 }), "gone");
});
