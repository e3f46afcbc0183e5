import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { startStubEmbeddingServer } from "./stub-embedding-server.ts";

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", body: JSON.stringify(body) });
}

test("records what was asked and answers in OpenAI's form", async () => {
  await using stub = await startStubEmbeddingServer({ dimensions: 4 });
  const asked = { model: "m", input: ["a", "b"], dimensions: 2 };
  const response = await post(`${stub.openAiBaseUrl}/embeddings`, asked);
  const body = JSON.parse(await response.text());
  assert.deepEqual(
    body.data.map((entry: { index: number; embedding: number[] }) => [
      entry.index,
      entry.embedding.length,
    ]),
    [
      [0, 2],
      [1, 2],
    ],
  );
  assert.deepEqual(body.usage, { prompt_tokens: 2, total_tokens: 2 });
  assert.equal(stub.requests[0]?.path, "/v1/embeddings");
  assert.deepEqual(stub.requests[0].body, asked);
  assert.deepEqual(stub.requests[0].texts, ["a", "b"]);
});

test("a fault befalls the requests in its scope and no others", async () => {
  await using stub = await startStubEmbeddingServer({ dimensions: 2 });
  const url = `${stub.openAiBaseUrl}/embeddings`;
  const statusFor = async (input: string) => (await post(url, { model: "m", input })).status;
  stub.setFault({ kind: "status", status: 503 }, { next: 1 });
  stub.setFault({ kind: "refused" }, { texts: (texts) => texts.includes("poison") });
  stub.setFault({ kind: "too_large" }, { requests: [4] });
  assert.equal(await statusFor("poison"), 503);
  assert.equal(await statusFor("poison"), 400);
  assert.equal(await statusFor("good"), 200);
  assert.equal(await statusFor("good"), 413);
  stub.setFault(null);
  assert.equal(await statusFor("poison"), 200);
});

test("refuses an empty text as OpenAI does", async () => {
  await using stub = await startStubEmbeddingServer();
  const response = await post(`${stub.openAiBaseUrl}/embeddings`, { model: "m", input: ["a", ""] });
  assert.equal(response.status, 400);
});

test("runs alone and prints where it is", async (t) => {
  const script = new URL("./stub-embedding-server.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, "--dimensions", "3", "--delay-ms", "1"]);
  t.after(() => child.kill());
  const [line]: Buffer[] = await once(child.stdout, "data");
  const response = await post(`${String(line).trim()}/v1/embeddings`, { model: "m", input: "a" });
  assert.equal(JSON.parse(await response.text()).data[0].embedding.length, 3);
});
