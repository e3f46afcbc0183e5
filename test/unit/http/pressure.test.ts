import assert from "node:assert/strict";
import { test } from "node:test";
import { problemOf, setUpHttp } from "./http-setup.ts";

/** So far apart are two looks at the event loop. */
const LOOK_MS = 500;

test("while the event loop is late strangers wait, and those who watch over the process do not", async (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  t.mock.timers.enable({ apis: ["setInterval"] });
  const lookAfter = (ms: number) => {
    now += ms;
    t.mock.timers.tick(LOOK_MS);
  };
  const { app } = await setUpHttp(t, { settings: { maxLoopDelayMs: 100 } });
  const statusOf = async (url: string) => (await app.inject(url)).statusCode;
  lookAfter(LOOK_MS + 100);
  assert.equal(await statusOf("/api/v1/status"), 200);

  lookAfter(LOOK_MS + 101);
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

  lookAfter(LOOK_MS);
  assert.equal(await statusOf("/api/v1/status"), 200);
});
