import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashingEmbedder } from "../../../../src/adapters/local-embedder/hashing-embedder.ts";
import { testEmbedderContract } from "../../../contract/embedder-contract.ts";

testEmbedderContract("local", () => createHashingEmbedder({ dimensions: 256 }));
testEmbedderContract("local, few dimensions", () => createHashingEmbedder({ dimensions: 16 }));

async function vectorsOf(texts: readonly string[], dimensions = 1536): Promise<Float32Array[]> {
  const inputs = texts.map((text) => ({ text, logId: text }));
  const embedder = createHashingEmbedder({ dimensions });
  const { vectors } = await embedder.embed(inputs, new AbortController().signal);
  return vectors.filter((vector) => vector !== null);
}

async function similarity(one: string, other: string): Promise<number> {
  const [a, b] = await vectorsOf([one, other]);
  assert.ok(a && b);
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

const NEAR_AND_FAR: [string, string, string][] = [
  [
    "Failed to connect to database db-7 at 10.1.2.3:5432 after 30000 ms",
    "Failed to connect to database db-12 at 10.9.8.7:5432 after 5000 ms",
    "Worker 17 ran out of heap space while sorting partition 44",
  ],
  [
    "java.net.SocketTimeoutException: Read timed out",
    "java.net.SocketTimeoutException: connect timed out",
    "java.lang.IllegalStateException: Queue full",
  ],
  [
    "user 550e8400-e29b-41d4-a716-446655440000 not authorized",
    "user 6fa459ea-ee8a-3ca4-894e-db77e160355e not authorized",
    "user 550e8400-e29b-41d4-a716-446655440000 uploaded picture",
  ],
  ["connection refused", "Connections refusing", "certificate expired"],
  [
    "mod_jk child workerEnv in error state 6",
    "mod_jk child workerEnv in error state 9",
    "script not found or unable to stat",
  ],
];

for (const [text, near, far] of NEAR_AND_FAR) {
  test(`"${text}" is nearer to "${near}" than to "${far}"`, async () => {
    const [toNear, toFar] = [await similarity(text, near), await similarity(text, far)];
    assert.ok(toNear > toFar + 0.2, `${toNear} against ${toFar}`);
  });
}

test("texts that differ in numbers and ids alone are all but equal", async () => {
  const same = await similarity(
    "Task attempt_1445144423722_0020_m_000002 failed on node msra-sa-41 at 0x7f3a",
    "Task attempt_1445144423722_0021_m_000007 failed on node msra-sa-39 at 0x81bc",
  );
  assert.ok(same > 0.999, String(same));
});

test("texts that have nothing in common are nearly at right angles", async () => {
  assert.ok(Math.abs(await similarity("disk full on server", "heap exhausted by query")) < 0.1);
});

test("a word said many times does not drown the others", async () => {
  const trace = `disk full ${"at com example ".repeat(30)}`;
  const other = `heap exhausted ${"at com example ".repeat(30)}`;
  assert.ok((await similarity(trace, other)) < 0.98);
});

test("text far down in a huge record neither changes the vector nor costs time", async () => {
  const head = "disk full ".repeat(10_000);
  assert.deepEqual(await vectorsOf([head]), await vectorsOf([`${head} heap exhausted`]));
});

test("vectors stay the same from run to run: stored ones must remain comparable", async () => {
  const [vector = []] = await vectorsOf(["Disk /dev/sda1 is 97% full"], 8);
  assert.deepEqual(
    [...vector].map((value) => Number(value.toFixed(5))),
    SNAPSHOT,
  );
});

const SNAPSHOT = [0.02312, 0.10289, -0.12752, -0.27961, 0.58904, 0.71766, 0.18007, 0];

test("every vector is of length 1, whatever the text", async () => {
  const texts = ["", "   ", "!!!", "---", "a", "1", "\ud800", "Disk full", "x".repeat(300_000)];
  for (const dimensions of [1, 2, 1536]) {
    for (const vector of await vectorsOf(texts, dimensions)) {
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
    }
  }
});

test("others get a turn while a big batch is under way, and can stop it", async () => {
  const embedder = createHashingEmbedder({ dimensions: 1536 });
  const inputs = Array.from({ length: 1000 }, (_, i) => ({
    text: `Failure number ${i}: ${"some words that take a while ".repeat(200)}`,
    logId: String(i),
  }));
  const stop = new AbortController();
  setImmediate(() => stop.abort());
  await assert.rejects(embedder.embed(inputs, stop.signal), { kind: "outage" });
});

test("costs nothing", async () => {
  const embedder = createHashingEmbedder({ dimensions: 8 });
  assert.equal(embedder.pricePerMillionTokens, 0);
  const { tokens } = await embedder.embed(
    [{ text: "a", logId: "1" }],
    new AbortController().signal,
  );
  assert.equal(tokens, 0);
});
