import assert from "node:assert/strict";
import { test } from "node:test";
import type { SearchAnswer } from "../../../src/search/search-answer.ts";
import type { RecordAnswer } from "../../../src/search/search-answer.ts";
import { MAX_WHOLE_BYTES } from "../../../src/search/show-record.ts";
import { vectorized } from "../search/search-setup.ts";
import { problemOf, setUpHttp, TOKEN } from "./http-setup.ts";

const LINE = "at handler (/srv/app/worker.js:1:7)\n";
const LONG = `request failed, password=hunter2-hunter2\n${LINE.repeat(400)}the end`;
const MASKED = LONG.replace("hunter2-hunter2", "***");
const DOCUMENTS = [
  vectorized(1, LONG),
  vectorized(2, `${LINE.repeat(40_000)}the end`),
  vectorized(3, "disk full \u001b[31m\u202e <script>"),
];

const cutOf = (message: string, hits: SearchAnswer["hits"]) =>
  hits.find((hit) => hit.message.startsWith(message))?.message_truncated;

test("a search answers the head of a long message, and the record's own address all of it", async (t) => {
  const { app } = await setUpHttp(t, { documents: DOCUMENTS });
  const found = await app.inject("/api/v1/search?q=request%20failed&limit=10");
  const { hits } = found.json<SearchAnswer>();
  assert.equal(cutOf("request failed", hits), true);
  assert.equal(cutOf("disk full", hits), false);
  assert.ok(hits.every(({ message }) => Buffer.byteLength(message) <= 4096));
  const response = await app.inject("/api/v1/logs/app_logs/log-1");
  assert.equal(response.statusCode, 200, response.body);
  const { timestamp, ...record } = response.json<RecordAnswer>();
  assert.ok(timestamp?.startsWith("2026-01-01"));
  assert.deepEqual(record, {
    index: "app_logs",
    id: "log-1",
    shard_key: null,
    level: "ERROR",
    trace_id: null,
    message: MASKED,
    message_truncated: false,
  });
});

test("a message over the limit of an answer is cut, and said to be", async (t) => {
  const { app } = await setUpHttp(t, { documents: DOCUMENTS });
  const response = await app.inject("/api/v1/logs/app_logs/log-2");
  const { message, message_truncated: isCut } = response.json<RecordAnswer>();
  assert.deepEqual([Buffer.byteLength(message), isCut], [MAX_WHOLE_BYTES, true]);
  const { body } = await app.inject("/logs/app_logs/log-2");
  assert.match(body, /\n\n\(cut here: it goes on in app_logs\/log-2\)\n$/);
});

test("people get it as plain text, in which nothing runs and nothing steers", async (t) => {
  const { app } = await setUpHttp(t, { documents: DOCUMENTS });
  const { statusCode, headers, body } = await app.inject("/logs/app_logs/log-3");
  assert.equal(statusCode, 200);
  assert.equal(headers["content-type"], "text/plain; charset=utf-8");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(body, "disk full \\u001b[31m\\u202e <script>\n");
});

for (const [path, status] of [
  ["app_logs/nobody", 404],
  ["no_such_index/1", 404],
  ["app_logs/log-1?colour=red", 400],
  ["..%2f_cluster/settings", 404],
] as const) {
  test(`no document but a log of the pattern is answered: ${path} is ${status}`, async (t) => {
    const { app } = await setUpHttp(t, { documents: DOCUMENTS });
    for (const route of ["/api/v1/logs", "/logs"]) {
      const response = await app.inject(`${route}/${path}`);
      assert.equal(problemOf(response)["status"], status, response.body);
    }
  });
}

test("with a token nobody reads a record without it", async (t) => {
  const { app } = await setUpHttp(t, { documents: DOCUMENTS, settings: { token: TOKEN } });
  for (const route of ["/api/v1/logs", "/logs"]) {
    const { statusCode, body } = await app.inject(`${route}/app_logs/log-1`);
    assert.equal(statusCode, 401);
    assert.doesNotMatch(body, /request failed/);
  }
});
