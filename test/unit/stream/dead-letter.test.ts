import assert from "node:assert/strict";
import { test } from "node:test";
import { createMask } from "../../../src/telemetry/escape.ts";
import type { OutgoingMessage } from "../../../src/ports/dead-letters.ts";
import type { StoredMessage } from "../../../src/ports/message-stream.ts";
import { readDeadLetter, toDeadLetter, withoutValue } from "../../../src/stream/dead-letter.ts";

const NOW = Date.parse("2026-01-02T03:04:05.678Z");
const MESSAGE: StoredMessage = {
  source: { stream: "logs", lane: "2", position: "1234" },
  timestamp: 1,
  key: Buffer.from([0, 255]),
  value: Buffer.from([1, 2, 254]),
  headers: [
    ["trace", Buffer.from([9, 200])],
    ["none", null],
  ],
};
const PROBLEM = { code: "not_json", reason: "not valid JSON" } as const;

function send(
  message: Parameters<typeof toDeadLetter>[0] = MESSAGE,
  problem: Parameters<typeof toDeadLetter>[1] = PROBLEM,
  secrets: string[] = [],
) {
  return toDeadLetter(message, problem, { now: NOW, mask: createMask(secrets) });
}

/** As it comes back from the dead-letter topic. */
function received(letter: OutgoingMessage): StoredMessage {
  return { ...MESSAGE, ...letter, source: { stream: "dlq", lane: "0", position: "5" } };
}

const texts = ({ headers }: OutgoingMessage) =>
  Object.fromEntries(headers.map(([name, value]) => [name, value.toString("utf8")]));

test("key and value are the source's own bytes; the headers say why and where from", () => {
  const letter = send();
  assert.deepEqual(letter.key, MESSAGE.key);
  assert.deepEqual(letter.value, MESSAGE.value);
  const { trace: _, ...headers } = texts(letter);
  assert.deepEqual(headers, {
    none: "",
    "dlq.error.code": "not_json",
    "dlq.error.reason": "not valid JSON",
    "dlq.topic": "logs",
    "dlq.partition": "2",
    "dlq.offset": "1234",
    "dlq.time": "2026-01-02T03:04:05.678Z",
    "dlq.attempts": "1",
  });
  assert.deepEqual(new Map(letter.headers).get("trace"), Buffer.from([9, 200]));
});

test("a dead letter that is read equals the one that was written", () => {
  assert.deepEqual(readDeadLetter(received(send())), {
    code: "not_json",
    reason: "not valid JSON",
    from: MESSAGE.source,
    time: "2026-01-02T03:04:05.678Z",
    attempts: 1,
  });
});

test("a dead letter that becomes one again counts on, and bears one set of headers", () => {
  const again = send(received(send()), { code: "no_id", reason: "no id" });
  assert.partialDeepStrictEqual(readDeadLetter(received(again)), {
    code: "no_id",
    attempts: 2,
    from: { position: "5" },
  });
  const names = again.headers.map(([name]) => name);
  assert.equal(new Set(names).size, names.length);
});

test("known secrets are masked in every header, and the value is left as it is", () => {
  const secrets = ["hunter2!", "geheim-ü-9"];
  const message = {
    ...MESSAGE,
    value: Buffer.from("hunter2! geheim-ü-9"),
    headers: [
      ["authorization", Buffer.from("Basic hunter2!")],
      ["utf8", Buffer.from("token geheim-ü-9")],
      ["bytes", Buffer.concat([Buffer.from([0xff]), Buffer.from("hunter2!")])],
    ] as const,
  };
  const letter = send(
    message,
    { code: "refused", reason: "said hunter2! and geheim-ü-9" },
    secrets,
  );
  const headers = new Map(letter.headers);
  assert.equal(String(headers.get("authorization")), "Basic ***");
  assert.equal(String(headers.get("utf8")), "token ***");
  assert.deepEqual(headers.get("bytes"), Buffer.concat([Buffer.from([0xff]), Buffer.from("***")]));
  assert.equal(String(headers.get("dlq.error.reason")), "said *** and ***");
  assert.deepEqual(letter.value, message.value);
});

test("a secret at the place where a long reason is cut does not show its head", () => {
  const reason = `${"x".repeat(990)} hunter2-hunter2-hunter2`;
  const letter = send(MESSAGE, { code: "refused", reason }, ["hunter2-hunter2-hunter2"]);
  const said = texts(letter)["dlq.error.reason"] ?? "";
  assert.equal(said, `${"x".repeat(990)} ***`);
  const long = send(MESSAGE, { code: "refused", reason: "y".repeat(5000) });
  assert.equal(texts(long)["dlq.error.reason"]?.length, 1000);
});

test("without its value a letter says so, and still where it came from", () => {
  const letter = withoutValue(send());
  assert.equal(letter.value, null);
  assert.deepEqual(letter.key, MESSAGE.key);
  assert.equal(texts(letter)["dlq.value"], "left out: too large for this topic");
  assert.equal(readDeadLetter(received(letter))?.from.position, "1234");
});

const FOREIGN: [why: string, change: Record<string, string | undefined>][] = [
  ["no headers of ours", { "dlq.error.code": undefined }],
  ["a code that is none of ours", { "dlq.error.code": "boom" }],
  ["no partition", { "dlq.partition": undefined }],
  ["no offset", { "dlq.offset": "" }],
];
for (const [why, change] of FOREIGN) {
  test(`a message with ${why} is foreign`, () => {
    const headers = Object.entries({ ...texts(send()), ...change }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Buffer.from(value)] as const],
    );
    assert.equal(readDeadLetter({ ...MESSAGE, headers }), undefined);
  });
}

test("of a batch that was not read the first and the last offset are told, and no value", () => {
  const unread = { firstPosition: "1200", reason: "too much" };
  const letter = send(
    { ...MESSAGE, key: null, value: null, unread },
    { code: "batch_not_read", reason: "too much" },
  );
  assert.equal(letter.value, null);
  assert.partialDeepStrictEqual(texts(letter), { "dlq.offset": "1200", "dlq.offset.last": "1234" });
  assert.partialDeepStrictEqual(readDeadLetter(received(letter)), {
    from: { ...MESSAGE.source, position: "1200" },
    lastPosition: "1234",
  });
});

test("a position of letters and a lane with a name come back as they are", () => {
  const source = { stream: "logs", lane: "shard-a", position: "0000zz" };
  assert.deepEqual(readDeadLetter(received(send({ ...MESSAGE, source })))?.from, source);
});
