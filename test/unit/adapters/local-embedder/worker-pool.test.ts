import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { Worker } from "node:worker_threads";
import { createWorkerPool } from "../../../../src/adapters/local-embedder/worker-pool.ts";

/** Answers the length of each text; dies of "die", never answers "wait". */
const THREAD = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", ({ id, texts }) => {
    if (texts.includes("die")) throw new Error("no way to compute this");
    if (texts.includes("exit")) process.exit(7);
    if (texts.includes("wait")) for (;;) {}
    const vectors = Float32Array.from(texts, (text) => text.length);
    parentPort.postMessage({ id, vectors, isCut: texts.map(() => false) }, [vectors.buffer]);
  });
`;

function openPool(t: TestContext, size: number) {
  const started: number[] = [];
  const pool = createWorkerPool(size, (number) => {
    started.push(number);
    return new Worker(THREAD, { eval: true });
  });
  t.after(() => pool[Symbol.asyncDispose]());
  return { pool, started };
}

test("answers each request with its own vectors, by as many threads as there is work for", async (t) => {
  const { pool, started } = openPool(t, 3);
  const { signal } = new AbortController();
  assert.deepEqual(started, []);
  assert.deepEqual([...(await pool.compute(["one"], signal)).vectors], [3]);
  assert.deepEqual(started, [0]);
  const texts = Array.from({ length: 40 }, (_, i) => "x".repeat(i));
  const answers = await Promise.all(texts.map((text) => pool.compute([text, ""], signal)));
  assert.deepEqual(
    answers.map(({ vectors }) => [...vectors]),
    texts.map((text) => [text.length, 0]),
  );
  assert.deepEqual(started, [0, 1, 2]);
});

for (const [how, message] of [
  ["die", /no way to compute this/],
  ["exit", /died$/],
] as const) {
  test(`a thread that ends (${how}) fails its texts as an outage, and another takes its place`, async (t) => {
    const { pool, started } = openPool(t, 1);
    const { signal } = new AbortController();
    const failed = pool.compute([how], signal);
    const behind = Array.from({ length: 4 }, () => pool.compute(["four"], signal));
    await assert.rejects(failed, { kind: "outage", message });
    const results = await Promise.allSettled(behind);
    // What had been sent to the same thread fails with it, and no more.
    assert.deepEqual(results.map(({ status }) => status).toSorted(), [
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
    assert.deepEqual(started, [0, 0]);
  });
}

test("a signal ends the wait for a request that is queued or at work", async (t) => {
  const { pool } = openPool(t, 1);
  const stop = new AbortController();
  const requests = ["wait", "queued", "queued", "queued"].map((text) =>
    pool.compute([text], stop.signal),
  );
  stop.abort();
  for (const request of requests) {
    await assert.rejects(request, { kind: "outage", message: "local: stopped while waiting" });
  }
  await assert.rejects(pool.compute(["late"], stop.signal), { kind: "outage" });
});

test("closing ends threads at work and fails what waits", async (t) => {
  const { pool } = openPool(t, 2);
  const { signal } = new AbortController();
  const requests = Array.from({ length: 6 }, () => pool.compute(["wait"], signal));
  const settled = Promise.allSettled(requests);
  await pool[Symbol.asyncDispose]();
  assert.ok((await settled).every(({ status }) => status === "rejected"));
  await assert.rejects(pool.compute(["late"], signal), { kind: "outage" });
});

test("an idle thread does not keep the process alive", async () => {
  const script = `
    import { Worker } from "node:worker_threads";
    import { createWorkerPool } from ${JSON.stringify(new URL("../../../../src/adapters/local-embedder/worker-pool.ts", import.meta.url).href)};
    const pool = createWorkerPool(1, () => new Worker(${JSON.stringify(THREAD)}, { eval: true, execArgv: [] }));
    await pool.compute(["one"], new AbortController().signal);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
});
