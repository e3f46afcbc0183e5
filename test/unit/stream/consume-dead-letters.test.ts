import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import type { DeadLetters } from "../../../src/ports/dead-letters.ts";
import { readDeadLetter } from "../../../src/stream/dead-letter.ts";
import {
  INDEX,
  LETTERS,
  idOf,
  log,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  shown,
} from "./consumer-setup.ts";

const OUTAGE = new Fault("outage", "fake: no broker");

test("a broken message becomes a dead letter with its own bytes and key; the messages beside it get their vectors", async (t) => {
  const { clock, produce, index, start, letters, committed, hasVector } = setUpConsumer(t);
  const { consumer } = start();
  index(1, 2);
  const broken = Buffer.concat([Buffer.from('{"level":"ERROR"'), Buffer.from([0xff, 0x00, 0x7d])]);
  produce([
    messageOf(1),
    { key: "own key", value: broken, headers: [["trace", Buffer.from("abc")]] },
    null,
    JSON.stringify({ level: "ERROR", message: "no id" }),
    JSON.stringify({ level: "ERROR", log_id: "x", message: "  " }),
    messageOf(2),
  ]);
  await clock.advance(2500);
  const sent = letters();
  assert.deepEqual(
    sent.map((one) => readDeadLetter(one)?.code),
    ["not_json", "null_value", "no_id", "no_text"],
  );
  assert.deepEqual(sent[0]?.value, broken);
  assert.equal(String(sent[0]?.key), "own key");
  assert.equal(String(new Map(sent[0]?.headers).get("trace")), "abc");
  assert.partialDeepStrictEqual(readDeadLetter(sent[0] ?? assert.fail()), {
    from: { stream: "logs", lane: "0", position: "1" },
    attempts: 1,
  });
  assert.deepEqual([1, 2].filter(hasVector), [1, 2]);
  assert.equal(committed(), 6);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 2, quarantined: 4 });
  assert.equal(consumer.tally().dead_letters, 4);
});

test("a list with a bad record is one dead letter; its good records get their vectors", async (t) => {
  const { clock, produce, index, start, letters, committed, hasVector, told } = setUpConsumer(t);
  const { consumer } = start();
  index(1, 2);
  const list = JSON.stringify([
    log(1),
    { level: "ERROR" },
    log(3, { level: "INFO" }),
    "text",
    log(2),
  ]);
  produce([list]);
  await clock.advance(2500);
  assert.deepEqual(
    letters().map(({ value }) => String(value)),
    [list],
  );
  assert.equal(told.deadLetterSent.length, 1);
  assert.deepEqual([1, 2].filter(hasVector), [1, 2]);
  assert.equal(committed(), 1);
  const { taken, outcomes, passed_over: passedOver } = consumer.tally();
  assert.deepEqual(
    { taken, passedOver, ...shown(outcomes) },
    { taken: 4, passedOver: 1, updated: 2, quarantined: 2 },
  );
});

test("a record so deeply nested that it cannot be read costs no other record anything", async (t) => {
  const { clock, produce, index, start, letters, committed, hasVector, told } = setUpConsumer(t);
  start();
  index(...numbersFrom(1, 9));
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  produce([
    ...messagesFrom(1, 3),
    `{"level":"ERROR","log_id":"x","message":${deep}}`,
    ...messagesFrom(4, 3),
    `{"log":${deep},"message":"error"}`,
    ...messagesFrom(7, 3),
  ]);
  await clock.advance(3000);
  assert.deepEqual(numbersFrom(1, 9).filter(hasVector), numbersFrom(1, 9));
  assert.equal(letters().length, 2);
  assert.equal(committed(), 11);
  assert.deepEqual(told.failedUnexpectedly, []);
});

test("a text that is refused by the embedder is a dead letter and marked in its document; the others are written", async (t) => {
  const { clock, produce, index, start, letters, committed, hasVector, embedder, store } =
    setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(1, 5));
  const refusal = new Fault("record", "fake: this text is refused");
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ logId }) => logId === idOf(3))) throw refusal;
    return answer();
  });
  produce(messagesFrom(1, 5));
  await clock.advance(2500);
  assert.deepEqual(numbersFrom(1, 5).filter(hasVector), [1, 2, 4, 5]);
  const [letter, ...others] = letters();
  assert.deepEqual(others, []);
  assert.partialDeepStrictEqual(readDeadLetter(letter ?? assert.fail()), {
    code: "refused",
    reason: refusal.message,
    from: { position: "2" },
  });
  assert.equal(String(letter?.value), messageOf(3));
  const mark = store.read({ index: INDEX, id: idOf(3) })?.["log_vector_meta"];
  assert.partialDeepStrictEqual(mark, { skipped: "refused", attempts: 1, error: refusal.message });
  assert.equal(committed(), 5);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 4, quarantined: 1 });
});

test("while the dead-letter topic is down nothing behind a bad message is committed and reading stops; said once each way", async (t) => {
  const { clock, produce, index, start, letters, committed, broker, told } = setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(1, 400));
  broker.failPublish(LETTERS, OUTAGE);
  produce([messageOf(1), "not json", ...messagesFrom(2, 9)]);
  await clock.advance(2500);
  assert.equal(committed(), 1);
  produce(messagesFrom(11, 300));
  await clock.advance(120_000);
  assert.equal(committed(), 1);
  assert.equal(consumer.tally().taken, 11);
  assert.deepEqual(told.deadLettersBlocked, [{ topic: LETTERS, fault: OUTAGE, waitMs: 1000 }]);
  assert.deepEqual(told.deadLettersResumed, []);
  broker.failPublish(LETTERS, undefined);
  await clock.advance(65_000);
  assert.equal(letters().length, 1);
  assert.equal(committed(), 311);
  assert.equal(told.deadLettersBlocked.length, 1);
  assert.deepEqual(told.deadLettersResumed, [{ topic: LETTERS }]);
});

test("a refused record whose letter cannot be sent stops the reading as well", async (t) => {
  const { clock, produce, index, start, committed, broker, embedder, told } = setUpConsumer(t);
  const { consumer } = start();
  index(...numbersFrom(1, 30));
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ logId }) => logId === idOf(1))) throw new Fault("record", "no");
    return answer();
  });
  broker.failPublish(LETTERS, OUTAGE);
  produce(messagesFrom(1, 10));
  await clock.advance(2000);
  produce(messagesFrom(11, 10));
  await clock.advance(2000);
  assert.equal(told.deadLettersBlocked.length, 1);
  assert.equal(committed(), 0);
  // What had been asked for already may still come; then nothing more.
  const { taken } = consumer.tally();
  produce(messagesFrom(21, 10));
  await clock.advance(60_000);
  assert.equal(consumer.tally().taken, taken);
  broker.failPublish(LETTERS, undefined);
  await clock.advance(65_000);
  assert.equal(committed(), 30);
});

test("a publisher that fails in a way nobody foresaw loses nothing and wedges nothing", async (t) => {
  const { clock, produce, index, start, letters, committed, streams } = setUpConsumer(t);
  const state = { fails: true };
  const { deadLetters } = streams;
  const send: DeadLetters["send"] = (messages, signal) => {
    if (state.fails) throw new TypeError("x is not a function");
    return deadLetters.send(messages, signal);
  };
  start({ streams: { ...streams, deadLetters: { ...deadLetters, send } } });
  index(1, 2);
  produce([messageOf(1), "not json", messageOf(2)]);
  await clock.advance(10_000);
  assert.equal(committed(), 1);
  state.fails = false;
  await clock.advance(65_000);
  assert.equal(letters().length, 1);
  assert.equal(committed(), 3);
});

test("a batch that was not read is one dead letter, and a value that is too large another; the others go on", async (t) => {
  const { clock, produce, index, start, letters, committed, hasVector, broker } = setUpConsumer(t);
  const { consumer } = start();
  index(1, 2);
  produce([messageOf(1)]);
  const unread = {
    firstOffset: 1,
    lastOffset: 1,
    reason: "it unpacks to more than 33554432 bytes",
  };
  broker.produce("logs", [{ value: null, unread }]);
  produce([
    Buffer.from(`{"level":"ERROR","message":"${"x".repeat(16 * 1024 * 1024)}"}`),
    messageOf(2),
  ]);
  await clock.advance(2500);
  const codes = letters().map((one) => readDeadLetter(one)?.code);
  assert.deepEqual(codes, ["batch_not_read", "too_large"]);
  assert.match(
    readDeadLetter(letters()[0] ?? assert.fail())?.reason ?? "",
    /offsets 1 to 1 was passed over: it unpacks/,
  );
  assert.deepEqual([1, 2].filter(hasVector), [1, 2]);
  assert.equal(committed(), 4);
  assert.deepEqual(shown(consumer.tally().outcomes), { updated: 2, quarantined: 2 });
});
