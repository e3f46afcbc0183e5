import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

/** Longer than two looks at the event loop are apart. */
const BLOCKED_MS = 1200;

test("while the event loop is late strangers wait, and those who watch over the process do not", async (t) => {
  const { app } = await setUpHttp(t, { settings: { maxLoopDelayMs: 100 } });
  const statusOf = async (url: string) => (await app.inject(url)).statusCode;
  assert.equal(await statusOf("/api/v1/status"), 200);

  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS);
  // Timers come after these.
  await setImmediate();
  await setImmediate();
  const urls = ["/api/v1/status", "/nowhere", "/health", "/ready", "/metrics"];
  const answers = await Promise.all(urls.map((url) => app.inject(url)));
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [503, 503, 200, 200, 200],
  );
  const [refused] = answers;
  assert.ok(refused);
  assert.match(String(problemOf(refused)["detail"]), /too busy/);
  assert.equal(refused.headers["retry-after"], "5");

  await eventually(async () => (await statusOf("/api/v1/status")) === 200, t);
});
