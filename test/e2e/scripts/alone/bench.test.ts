import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { z } from "zod";

const BENCH = resolve(import.meta.dirname, "../../../../scripts/bench.ts");
const NAMES = ["start", "cycle", "drain", "beside", "client", "select", "repetitive"];

test("the bench measures everything that it names, and leaves nothing behind", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "bench-test-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, TMPDIR: folder };

  const ran = await promisify(execFile)(process.execPath, [BENCH, "--quick"], { env });

  const { size, ...figures } = z.record(z.string(), z.unknown()).parse(JSON.parse(ran.stdout));
  assert.equal(size, "quick");
  assert.deepEqual(Object.keys(figures), NAMES);
  const numbers = [...leaves(figures)];
  assert.ok(numbers.length > 50, ran.stdout);
  // What was not measured would be NaN, which JSON has as null. A difference may be below zero on a busy machine.
  assert.deepEqual(
    numbers.filter(({ value }) => value === null),
    [],
  );
  assert.match(ran.stderr, /drain, embedder at 50 ms/);
  // Node keeps its own compiled code there.
  const left = await readdir(folder);
  assert.deepEqual(
    left.filter((name) => name !== "node-compile-cache"),
    [],
  );
});

function* leaves(value: unknown, path = ""): Generator<{ path: string; value: unknown }> {
  if (typeof value !== "object" || value === null) yield { path, value };
  else for (const [key, one] of Object.entries(value)) yield* leaves(one, `${path}.${key}`);
}
