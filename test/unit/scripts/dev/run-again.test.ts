import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runAgainOnChange } from "../../../../scripts/dev/run-again.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

test("a process is started again after each change, is stopped before that, and ends with the signal", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "below"));
  const told: string[] = [];
  let runs = 0;
  const start = () => {
    const run = ++runs;
    told.push(`start ${run}`);
    return { stop: async () => void told.push(`stop ${run}`) };
  };
  const stop = new AbortController();
  const onChange = () => void told.push("changed");
  const running = runAgainOnChange({ folder, start, onChange, signal: stop.signal });
  await writeFile(join(folder, "a.ts"), "1");
  await eventually(() => told.includes("start 2"), t);
  const before = runs;
  await writeFile(join(folder, "below", "page.css"), "1");
  await eventually(() => runs > before, t);
  stop.abort();
  await running;
  // A slow machine may see one change as two.
  const turns = Array.from({ length: runs }, (_, i) => [
    `start ${i + 1}`,
    "changed",
    `stop ${i + 1}`,
  ]);
  const last = turns.length - 1;
  assert.deepEqual(
    told,
    turns.flatMap((turn, i) => turn.filter((what) => i < last || what !== "changed")),
  );
});

test("a signal that has come already starts and stops", async (t) => {
  const told: string[] = [];
  await runAgainOnChange({
    folder: await temporaryFolder(t),
    start: () => ({ stop: async () => void told.push("stop") }),
    onChange: () => told.push("changed"),
    signal: AbortSignal.abort(),
  });
  assert.deepEqual(told, ["stop"]);
});
