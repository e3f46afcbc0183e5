import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { eventually } from "../../../support/asserts/eventually.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const DEV = resolve(import.meta.dirname, "../../../../scripts/dev.ts");

test("npm run dev shows the page of a daemon over the samples, and Ctrl-C leaves nothing", async (t) => {
  const folder = await temporaryFolder(t);
  const child = spawn(process.execPath, [DEV, "--backfill-schedule", "0 0 1 1 *"], {
    env: { ...process.env, TMPDIR: folder, OPENAI_API_KEY: "sk-not-to-be-used" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "close");
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  await eventually(() => /Cycle #1 summary: .* vectors 62 /.test(printed), t);
  const page = /^Page: +(\S+)$/m.exec(printed)?.[1] ?? "";
  const openSearch = /^OpenSearch: +(\S+) /m.exec(printed)?.[1] ?? "";
  assert.equal((await fetch(page)).status, 200, printed);

  child.kill("SIGINT");
  const [code] = await ended;

  assert.equal(code, 0, printed);
  assert.match(printed, /finishing the work in progress/);
  for (const url of [page, openSearch]) await assert.rejects(fetch(url), url);
  const left = await readdir(join(folder));
  // Node keeps its own compiled code there.
  assert.deepEqual(
    left.filter((name) => name !== "node-compile-cache"),
    [],
  );
});
