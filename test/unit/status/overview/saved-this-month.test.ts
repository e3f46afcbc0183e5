import assert from "node:assert/strict";
import { test } from "node:test";
import { openMetrics } from "../../../../src/telemetry/metrics/open-metrics.ts";
import { PREFIX } from "../../../../src/telemetry/metrics/definitions.ts";
import { openHistory } from "../../../../src/status/overview/history.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { samplesIn } from "../../../support/asserts/metric-samples.ts";
import {
  idOf,
  INDEX,
  log,
  messageOf,
  numbersFrom,
  setUpConsumer,
} from "../../stream/consumer-setup.ts";

const MESSAGES = 30;
const TEXTS = 10;

test("in an installation of a tail alone the month's saving, the metrics and the store agree", async (t) => {
  const setup = setUpConsumer(t, { pricePerMillionTokens: 1_000_000 });
  const { clock, store, embedder, listen, produce, start, hasVector } = setup;
  const running = start();
  const history = await openHistory({ role: "tail", state: createMemoryState(), clock });
  const metrics = openMetrics({
    memory: { now: () => ({ usedBytes: 181e6, limitBytes: 512e6 }) },
    version: "1.2.3",
    role: "tail",
    clock,
    embedder: { model: "fake-model", pricePerMillionTokens: 1_000_000 },
    lastSuccessAt: undefined,
    consumer: { role: "tail", tally: () => running.consumer.tally(), waiting: () => 0 },
    asTemplates: false,
    readers: new Map(),
    deadLetterCodes: [],
    refusing: () => Promise.resolve(false),
    cycleShare: () => undefined,
    isDayReached: () => false,
    heldVectors: () => 0,
    issues: () => [],
  });
  listen(history.listener);
  listen(metrics.listener);
  const numbers = numbersFrom(0, MESSAGES);
  const textOf = (n: number) => ({ message: `text ${n % TEXTS}` });
  store.seed(numbers.map((n) => ({ index: INDEX, id: idOf(n), source: log(n, textOf(n)) })));
  produce(numbers.map((n) => messageOf(n, textOf(n))));
  await clock.advance(10_000);

  const written = numbers.filter(hasVector).length;
  assert.equal(written, MESSAGES);
  const paid = embedder.calls.flat();
  assert.equal(paid.length, TEXTS);
  const [day] = history.vectorsByDay();
  assert.partialDeepStrictEqual(day, { vectors: MESSAGES, reused: MESSAGES - TEXTS, texts: TEXTS });
  const { body } = await metrics.text({ status: undefined, readiness: undefined });
  const sample = (name: string) => samplesIn(body).get(`${PREFIX}${name}`);
  assert.equal(sample('records_total{source="tail",outcome="updated"}'), TEXTS);
  assert.equal(sample('records_total{source="tail",outcome="reused"}'), MESSAGES - TEXTS);
  const cost = sample('embedding_cost_usd_total{model="fake-model"}');
  assert.ok(cost !== undefined && cost > 0);
  const { vectors, usd } = await history.saved("2026-01");
  assert.equal(vectors, MESSAGES - TEXTS);
  assert.ok(usd !== null && Math.abs(usd - (cost / TEXTS) * vectors) < 1e-9);
});
