import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { openEnrichment } from "../../../src/pipeline/open-enrichment.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { toDeadLetter } from "../../../src/stream/dead-letter.ts";
import type { DeadLetterFilter } from "../../../src/stream/read-dead-letters.ts";
import { openAttempt } from "../../../src/stream/open-consumer.ts";
import { createLogReader } from "../../../src/stream/read-log.ts";
import { replayDeadLetters } from "../../../src/stream/replay.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";
import {
  INDEX,
  LETTERS,
  idOf,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  shown,
} from "./consumer-setup.ts";
import { signer } from "../../support/fakes/signer.ts";

function setUp(values: readonly string[], batchSize = 2) {
  const setup = setUpConsumer(undefined);
  const { streams, broker, clock, store, embedder, events } = setup;
  values.forEach((value, offset) => {
    const message = {
      source: { stream: "logs", lane: "0", position: String(offset) },
      key: null,
      value: Buffer.from(value),
      headers: [],
    };
    const problem = { code: offset % 2 ? "refused" : "no_id", reason: "" } as const;
    const { headers } = toDeadLetter(message, problem, {
      now: clock.now(),
      mask: (text) => text,
    });
    broker.produce(LETTERS, [{ value, headers }]);
  });
  const state = createMemoryState();
  const attempt = openAttempt({
    role: "worker",
    ...openEnrichment({
      store,
      vectors: store,
      embedder,
      tokens: createTokens().tokens,
      state,
      localQuarantine: createLocalQuarantine({ state, clock, events }),
      signer,
      clock,
      events,
      settings: {
        cache: { maxEntries: 100, ttlMs: 1e6 },
        text: { redaction: "off", form: "message" },
      },
    }),
    events,
  });
  const stop = createManualStop();
  const progress: number[] = [];
  const read = createLogReader({
    levels: ["ERROR"],
    messageFields: ["message"],
    idField: "log_id",
  });
  const deps = {
    source: streams.deadLetters,
    read,
    attempt,
    batchSize,
    progress: (n: number) => progress.push(n),
  };
  const replay = (filter: DeadLetterFilter = {}) => replayDeadLetters(deps, filter, stop.signals);
  return { ...setup, stop, progress, replay };
}

test("each record gets another try, straight to its document; nothing goes to any topic again", async () => {
  const { index, replay, hasVector, broker, progress } = setUp(messagesFrom(1, 5));
  index(...numbersFrom(1, 4));
  const result = await replay();
  assert.equal(result.deadLetters, 5);
  assert.deepEqual(shown(result.outcomes), { updated: 4, missing: 1 });
  assert.deepEqual(numbersFrom(1, 5).filter(hasVector), [1, 2, 3, 4]);
  assert.equal(broker.published.length, 0);
  assert.equal(broker.messages(LETTERS).length, 5);
  assert.deepEqual(progress, [2, 4, 5]);
});

test("a second replay costs nothing", async () => {
  const { index, replay, embedder } = setUp(messagesFrom(1, 3));
  index(1, 2, 3);
  await replay();
  const calls = embedder.calls.length;
  assert.deepEqual(shown((await replay()).outcomes), { already_vectorized: 3 });
  assert.equal(embedder.calls.length, calls);
});

test("the filter decides who has a turn", async () => {
  const { index, replay, hasVector } = setUp(messagesFrom(0, 4));
  index(0, 1, 2, 3);
  assert.equal((await replay({ codes: ["refused"] })).deadLetters, 2);
  assert.deepEqual([0, 1, 2, 3].filter(hasVector), [1, 3]);
});

test("a dead letter that cannot be read stays one, and one of an unwanted level counts for nothing", async () => {
  const { replay } = setUp(["broken", messageOf(1, { level: "INFO", message: "calm" })]);
  const { deadLetters, outcomes } = await replay();
  assert.equal(deadLetters, 2);
  assert.deepEqual(shown(outcomes), { quarantined: 1 });
});

test("a text that is refused again is marked again; the cause gone, its vector clears the mark", async () => {
  const { index, replay, embedder, store } = setUp(messagesFrom(1, 2));
  index(1, 2);
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ logId }) => logId === idOf(1))) throw new Fault("record", "no");
    return answer();
  });
  assert.deepEqual(shown((await replay()).outcomes), { quarantined: 1, updated: 1 });
  embedder.always(({ answer }) => answer());
  assert.deepEqual(shown((await replay()).outcomes), { updated: 1, already_vectorized: 1 });
  assert.partialDeepStrictEqual(store.read({ index: INDEX, id: idOf(1) }), {
    log_vector_meta: { model: "fake-model" },
  });
});

test("an outage ends it early: the rest keeps its turn for the next time", async () => {
  const { index, replay, embedder, progress } = setUp(messagesFrom(1, 6));
  index(...numbersFrom(1, 6));
  const fault = new Fault("quota", "fake: no money");
  embedder.plan(({ answer }) => answer(), failWith(fault));
  const result = await replay();
  assert.equal(result.fault, fault);
  assert.equal(result.deadLetters, 4);
  assert.deepEqual(shown(result.outcomes), { updated: 2, deferred: 2 });
  assert.deepEqual(progress, [2, 4]);
});

test("a stop ends it after the batch under way", async () => {
  const { index, replay, embedder, stop } = setUp(messagesFrom(1, 6));
  index(...numbersFrom(1, 6));
  embedder.always(({ answer }) => {
    stop.request();
    return answer();
  });
  const { deadLetters, outcomes } = await replay();
  assert.equal(deadLetters, 2);
  assert.deepEqual(shown(outcomes), { updated: 2 });
});
