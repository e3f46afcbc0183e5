import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createProcessTable } from "../../../../src/adapters/process/processes.ts";
import { createSpool, readSegments } from "../../../../src/adapters/state-directory/spool.ts";
import type {
  Liveness,
  ProcessIdentity,
  ProcessTable,
} from "../../../../src/ports/process-table.ts";
import type { Spool } from "../../../../src/ports/spool.ts";

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "spool-test-"));
  t.after(async () => {
    for (const spool of opened.splice(0)) await spool.close();
    await rm(folder, { recursive: true, force: true });
  });
  return join(folder, "held");
}

/** Those of the running test. */
const opened: Spool[] = [];

/** Processes by number; those named are gone. */
function processesAs(pid: number, gone: readonly number[] = []): ProcessTable {
  const identity: ProcessIdentity = { pid, host: "host", namespace: "pid:[1]", start: "1" };
  return {
    self: () => identity,
    livenessOf: (one): Liveness => (gone.includes(one.pid) ? "gone" : "running"),
  };
}

function openSpool(
  folder: string,
  pid: number,
  options: { gone?: number[]; label?: string } & Partial<Parameters<typeof createSpool>[0]> = {},
) {
  const { gone, label = "label", ...rest } = options;
  const problems: string[] = [];
  const spool = createSpool({
    folder,
    label,
    processes: processesAs(pid, gone),
    onUnwritable: (problem) => problems.push(problem),
    maxBytes: 1e6,
    maxAgeMs: 24 * 3_600_000,
    ...rest,
  });
  opened.push(spool);
  return { ...spool, problems };
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of items) all.push(one);
  return all;
}

const A = Buffer.from("frame a");
const B = Buffer.from("frame b");

test("entries appended by a process that is gone are taken over, once", async (t) => {
  const folder = await temporaryFolder(t);
  const first = openSpool(folder, 1);
  first.append(A);
  first.append(B);
  await first.sync();
  await first.close();

  const [second, third] = [
    openSpool(folder, 2, { gone: [1] }),
    openSpool(folder, 3, { gone: [1] }),
  ];
  const both = await Promise.all([allOf(second.takeOver()), allOf(third.takeOver())]);
  const taken = both.flat().filter(({ isOurs }) => isOurs);
  assert.deepEqual(
    taken.map(({ bytes }) => Buffer.from(bytes).toString()),
    ["frame aframe b"],
  );
  const [owner, other] = both[0].some(({ isOurs }) => isOurs) ? [second, third] : [third, second];
  owner.remove(taken[0]?.name ?? "");
  await owner.sync();
  assert.deepEqual(await readdir(folder), []);
  assert.deepEqual(other.problems, []);
});

test("files are for their user alone", async (t) => {
  const folder = await temporaryFolder(t);
  const spool = openSpool(folder, 1);
  spool.append(A);
  await spool.sync();
  const [name = ""] = await readdir(folder);
  assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test("a running process keeps its segments, and others see what is in them", async (t) => {
  const folder = await temporaryFolder(t);
  const running = openSpool(folder, 1);
  const segment = running.append(A) ?? "";
  await running.sync();
  const seen = await allOf(openSpool(folder, 2).takeOver());
  assert.deepEqual(seen, [{ name: segment, bytes: A, isOurs: false }]);
  assert.deepEqual(await readdir(folder), [segment]);
});

test("a segment that is removed is gone, whatever was still to be written to it", async (t) => {
  const folder = await temporaryFolder(t);
  const spool = openSpool(folder, 1);
  const segment = spool.append(A) ?? "";
  spool.append(B);
  spool.remove(segment);
  assert.notEqual(spool.append(B), segment);
  await spool.sync();
  const [left = "", ...others] = await readdir(folder);
  assert.deepEqual(others, []);
  assert.equal(await readFile(join(folder, left), "utf8"), "frame b");
});

test("a segment takes frames up to its size, and a full spool takes none until one is removed", async (t) => {
  const folder = await temporaryFolder(t);
  const spool = openSpool(folder, 1, { segmentBytes: 10, maxBytes: 30 });
  const names = [A, A, A, A].map((frame) => spool.append(frame));
  assert.equal(names[0], names[1]);
  assert.equal(names[2], names[3]);
  assert.notEqual(names[1], names[2]);
  assert.equal(spool.append(A), undefined);
  spool.remove(names[0] ?? "");
  assert.ok(spool.append(A));
});

test("segments of another label are left alone for a day, and then deleted by anybody", async (t) => {
  const folder = await temporaryFolder(t);
  const other = openSpool(folder, 1, { label: "other" });
  other.append(A);
  await other.sync();
  const [name = ""] = await readdir(folder);
  assert.deepEqual(await allOf(openSpool(folder, 2, { gone: [1] }).takeOver()), []);
  assert.deepEqual(await readdir(folder), [name]);
  const old = new Date(Date.now() - 25 * 3_600_000);
  await utimes(join(folder, name), old, old);
  await allOf(openSpool(folder, 2).takeOver());
  assert.deepEqual(await readdir(folder), [name], "its process runs");
  await allOf(openSpool(folder, 2, { gone: [1] }).takeOver());
  assert.deepEqual(await readdir(folder), []);
});

test("a file that is not a segment of ours is neither followed nor read without end", async (t) => {
  const folder = await temporaryFolder(t);
  const first = openSpool(folder, 1);
  first.append(A);
  await first.sync();
  await writeFile(join(folder, "label.no-owner.1.spool"), "planted");
  await writeFile(join(folder, "label.huge.1.spool"), Buffer.alloc(2000));
  await symlink("/dev/zero", join(folder, "label.link.1.spool"));
  const taken = await allOf(openSpool(folder, 2, { gone: [1], maxBytes: 1000 }).takeOver());
  assert.deepEqual(taken.map(({ bytes }) => Buffer.from(bytes).toString()).toSorted(), [
    "frame a",
    "planted",
  ]);
  assert.equal((await allOf(readSegments(folder, 1000))).length, 2);
});

test("where nothing can be written that is said once, and again after it worked", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(folder, "a file where the folder should be");
  const spool = openSpool(folder, 1);
  for (const frame of [A, B]) spool.append(frame);
  await spool.sync();
  assert.equal(spool.problems.length, 1);
  await rm(folder);
  spool.append(A);
  await spool.sync();
  assert.equal((await readdir(folder)).length, 1);
  assert.equal(spool.problems.length, 1);
  assert.deepEqual(await allOf(spool.takeOver()), []);
});

test("where there is no folder nothing is taken over", async (t) => {
  const folder = await temporaryFolder(t);
  assert.deepEqual(await allOf(openSpool(folder, 1).takeOver()), []);
  assert.deepEqual(await allOf(readSegments(folder, 1000)), []);
});

test("entries appended by a killed process are taken over by the next one", async (t) => {
  const folder = await temporaryFolder(t);
  const child = spawn(process.execPath, ["--input-type=module", "-e", KILLED, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const processes = createProcessTable();
  const seen = await allOf(openSpool(folder, 0, { processes }).takeOver());
  assert.deepEqual(
    seen.map(({ isOurs }) => isOurs),
    [false],
    "it still runs",
  );
  child.kill("SIGKILL");
  await once(child, "exit");
  const taken = await allOf(openSpool(folder, 0, { processes }).takeOver());
  assert.deepEqual(
    taken.map(({ bytes, isOurs }) => [Buffer.from(bytes).toString(), isOurs]),
    [["frame a", true]],
  );
});

const SOURCES = new URL("../../../../src/adapters/", import.meta.url).href;
/** Appends a frame, says so and waits for its end. */
const KILLED = `
import { createSpool } from "${SOURCES}state-directory/spool.ts";
import { createProcessTable } from "${SOURCES}process/processes.ts";
const spool = createSpool({
  folder: process.argv[1], label: "label", processes: createProcessTable(),
  maxBytes: 1e6, maxAgeMs: 1e9, onUnwritable: console.error,
});
spool.append(Buffer.from("frame a"));
await spool.sync();
console.log("appended");
setInterval(() => {}, 1000);
`;
