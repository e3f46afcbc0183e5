import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { openEnrichment } from "../../../src/pipeline/open-enrichment.ts";
import { addOutcomes, noOutcomes, OUTCOMES, type Outcomes } from "../../../src/domain/outcome.ts";
import { createFanOut } from "../../../src/telemetry/fan-out.ts";
import type { ConsumerTally, ConsumerRole } from "../../../src/ports/consumer-events.ts";
import type { KafkaMessage } from "../../../src/adapters/kafka/messages.ts";
import type { Consumer } from "../../../src/stream/consumer.ts";
import { openConsumer, type ConsumerParts } from "../../../src/stream/open-consumer.ts";
import { createLogReader } from "../../../src/stream/read-log.ts";
import type { ReadMessage } from "../../../src/stream/reading.ts";
import { countedOf } from "../../support/asserts/counted.ts";
import { createFakeEmbedder, type FakeOptions } from "../../support/fakes/fake-embedder.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { createManualStop, type ManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";
import { signer } from "../../support/fakes/signer.ts";

export const TOPIC = "logs";
export const LETTERS = "letters";
export const GROUP = "tail";
export const INDEX = "app_logs";

type FakeBroker = ReturnType<typeof createFakeKafka>["broker"];
type FakeMessage = Parameters<FakeBroker["produce"]>[1][number];

export type ConsumerSetup = FakeOptions & {
  role?: ConsumerRole;
  partitions?: number;
  batchSize?: number;
  batchTimeoutMs?: number;
  retryDelaysMs?: readonly number[];
  maxCached?: number;
  read?: ReadMessage;
  mask?: (text: string) => string;
};

/** One process that consumes; `ended` resolves when everything of it is released. */
export type Running = { consumer: Consumer; stop: ManualStop; ended: Promise<void> };

/** The tail with everything round it in memory; whatever runs at the end of the test is stopped, and must leave nothing behind. */
export function setUpConsumer(t: TestContext | undefined, options: ConsumerSetup = {}) {
  const { partitions = 1, batchSize = 10, batchTimeoutMs = 1000, maxCached = 1000 } = options;
  const {
    retryDelaysMs = [1000, 2000, 4000, 8000],
    role = "tail",
    mask = (text) => text,
  } = options;
  const fields = { levels: ["ERROR"], messageFields: ["message"], idField: "log_id" };
  const { read = createLogReader(fields), ...fake } = options;
  const clock = createManualClock();
  const kafka = createFakeKafka(clock);
  const { broker } = kafka;
  const streams = { stream: kafka.stream, deadLetters: kafka.deadLetters(LETTERS) };
  const store = createFakeLogStore([], { now: clock.now });
  const embedder = createFakeEmbedder(fake);
  const { events: recorded, told, names } = recordEvents();
  const { events, listen } = createFanOut(recorded);
  const state = createMemoryState();
  broker.createTopic(TOPIC, partitions);
  broker.createTopic(LETTERS);
  store.define(INDEX, {});
  const members: Running[] = [];

  /** A process of its own: what the one before had in memory is gone. */
  function start(
    watched: Partial<Pick<ConsumerParts, "streams" | "store" | "embedder" | "tracer">> = {},
  ) {
    const consumer = openConsumer({
      role,
      streams,
      reading: { streams: [TOPIC], group: GROUP, from: "earliest" },
      read,
      mask,
      settings: { batchSize, batchTimeoutMs, retryDelaysMs },
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
          cache: { maxEntries: maxCached, ttlMs: 3_600_000 },
          text: { redaction: "off", form: "message" },
        },
      }),
      events,
      ...watched,
    });
    const stop = createManualStop();
    const running: Running = { consumer, stop, ended: consumer.run(stop.signals) };
    members.push(running);
    return running;
  }

  async function stopped(running: Running): Promise<ConsumerTally> {
    running.stop.request();
    await settled();
    running.stop.embedding();
    await running.ended;
    return running.consumer.tally();
  }

  t?.after(async () => {
    let outcomes = noOutcomes();
    for (const running of members) {
      const tally = await stopped(running);
      assertAddsUp(tally);
      outcomes = addOutcomes(outcomes, tally.outcomes);
    }
    assert.deepEqual(countedOf(told, role).outcomes, outcomes, "what is counted is the tally");
    assert.equal(clock.sleepers, 0, "something still sleeps after the stop");
  });

  return {
    clock,
    kafka,
    streams,
    broker,
    store,
    embedder,
    events,
    told,
    names,
    listen,
    start,
    stopped,
    /** Appends messages to a partition. */
    produce(values: readonly (FakeMessage["value"] | FakeMessage)[], partition = 0) {
      broker.produce(
        TOPIC,
        values.map((one) =>
          typeof one === "string" || one === null || Buffer.isBuffer(one)
            ? { partition, value: one }
            : { partition, ...one },
        ),
      );
    },
    /** The documents of these numbers are there from now on. */
    index(...numbers: readonly number[]) {
      store.seed(
        numbers.map((number) => ({ index: INDEX, id: idOf(number), source: log(number) })),
      );
    },
    committed: (partition = 0) => broker.committed(GROUP)[`${TOPIC}/${partition}`] ?? 0,
    letters: (): KafkaMessage[] => broker.messages(LETTERS),
    hasVector: (number: number) => isVectorized(store.read({ index: INDEX, id: idOf(number) })),
    embedded: () => embedder.calls.flat().map(({ text }) => text),
  };
}

function isVectorized(source: Record<string, unknown> | undefined): boolean {
  return Array.isArray(source?.["log_vector"]);
}

export function idOf(number: number): string {
  return `log-${number}`;
}

/** A log as it stands in the document and in the message. */
export function log(number: number, changes: Record<string, unknown> = {}) {
  return {
    log_id: idOf(number),
    "@timestamp": "2026-01-02T03:04:05.000Z",
    level: "ERROR",
    message: `error number ${number}`,
    ...changes,
  };
}

export function messageOf(number: number, changes: Record<string, unknown> = {}): string {
  return JSON.stringify(log(number, changes));
}

/** Messages of the numbers from the first on. */
export function messagesFrom(first: number, count: number): string[] {
  return numbersFrom(first, count).map((number) => messageOf(number));
}

export function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The outcomes that are not zero. */
export function shown(outcomes: Outcomes): Record<string, number> {
  return Object.fromEntries(Object.entries(outcomes).filter(([, count]) => count > 0));
}

export function assertAddsUp({ outcomes, taken }: ConsumerTally, about = ""): void {
  const sum = OUTCOMES.reduce((total, outcome) => total + outcomes[outcome], 0);
  assert.equal(sum, taken, `${about}: the outcomes add up to the records taken`);
}
