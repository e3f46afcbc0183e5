import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { noOutcomes } from "../../../src/domain/outcome.ts";
import type { ConsumerTally } from "../../../src/ports/consumer-events.ts";
import type { Events } from "../../../src/ports/events.ts";
import { captureLog } from "./captured-log.ts";

const FAULT = new Fault("outage", "Kafka at k:9092: connection refused", {
  hint: "Is it running?",
});
const FROM = { stream: "logs", lane: "2", position: "77" };
const TALLY: ConsumerTally = {
  taken: 10,
  outcomes: { ...noOutcomes(), updated: 6, reused: 2, already_vectorized: 1, quarantined: 1 },
  passed_over: 90,
  repeats: 3,
  dead_letters: 1,
  batches: 4,
  embedding: { requests: 4, texts: 6, tokens: 100, cost_usd: 0.25 },
};
const PERFORMANCE = {
  role: "tail",
  vectorsPerSecond: 45.23,
  batches: 12,
  lag: 130,
  waiting: 4,
  deadLetters: 0,
  passedOver: 900,
} as const;

const TOLD: [tell: (events: Events) => void, action: string, holds: string[]][] = [
  [
    (e) => e.consumerStarted({ role: "tail", streams: ["a", "b"], group: "g" }),
    "info tail-started",
    ["a, b", "g"],
  ],
  [
    (e) =>
      e.lanesAssigned({
        role: "tail",
        lanes: [
          { stream: "a", lane: "10" },
          { stream: "b", lane: "0" },
          { stream: "a", lane: "2" },
        ],
      }),
    "info tail-assigned",
    ["a 2, 10; b 0"],
  ],
  [(e) => e.lanesAssigned({ role: "worker", lanes: [] }), "info worker-assigned", []],
  [
    (e) => e.sourceLost({ role: "scheduler", fault: FAULT, waitMs: 1000 }),
    "error scheduler-source-lost",
    ["Kafka at k:9092: connection refused", "Is it running?", "1.0 s"],
  ],
  [(e) => e.sourceBack({ role: "tail" }), "info tail-source-back", []],
  [
    (e) =>
      e.consumerPaused({
        role: "worker",
        fault: new Fault("quota", "openai: no money"),
        waitMs: 1500,
      }),
    "error worker-paused",
    ["openai: no money", "Add credit", "1.5 s"],
  ],
  [(e) => e.consumerResumed({ role: "tail" }), "info tail-resumed", []],
  [
    (e) =>
      e.deadLetterSent({
        code: "no_id",
        reason: "the record has no log_id",
        from: FROM,
        topic: "dlq",
      }),
    "warn dead-letter",
    ["no_id", "logs/2 at offset 77", "dlq", "the record has no log_id"],
  ],
  [
    (e) => e.deadLettersBlocked({ topic: "dlq", fault: FAULT, waitMs: 1000 }),
    "error dead-letters-blocked",
    ["dlq", "connection refused", "Is it running?", "1.0 s"],
  ],
  [(e) => e.deadLettersResumed({ topic: "dlq" }), "info dead-letters-resumed", ["dlq"]],
  [
    (e) => e.commitFailed({ role: "tail", fault: FAULT }),
    "warn tail-commit-failed",
    ["connection refused"],
  ],
  [
    (e) => e.leftToBackfill({ role: "tail", outcome: "missing", records: 2 }),
    "debug tail-left-to-backfill",
    ["2 records missing"],
  ],
  [
    (e) =>
      e.leftToBackfill({
        role: "tail",
        outcome: "missing",
        records: 9,
        lookedIn: ["k1_1970_01", "k2_1970_01", "k3_1970_01", "k4_1970_01", "k5_1970_01"],
      }),
    "info tail-left-to-backfill",
    ["9 records missing", "k1_1970_01, k2_1970_01, k3_1970_01 and 2 more"],
  ],
  [
    (e) => e.performance(PERFORMANCE),
    "info tail-performance",
    ["45.2 vectors/s", "12 batches", "lag 130", "document 4", "dead letters 0"],
  ],
  [
    (e) =>
      e.performance({ ...PERFORMANCE, role: "worker", lag: null, batches: 1, vectorsPerSecond: 0 }),
    "info worker-performance",
    ["0.0 vectors/s", "1 batch,", "lag unknown"],
  ],
  [
    (e) => e.consumerEnded({ role: "tail", tally: TALLY }),
    "info tail-ended",
    ["vectors 8", "updated 6", "reused 2", "already vectorized 1", "quarantined 1", "$0.25"],
  ],
  [(e) => e.leadershipChanged({ leads: true }), "info leadership", []],
  [(e) => e.leadershipChanged({ leads: false }), "info leadership", []],
  [
    (e) => e.referencesPublished({ published: 1, leads: true, topic: "work" }),
    "info references-published",
    ["1 reference ", "work"],
  ],
  [
    (e) => e.referencesPublished({ published: 0, leads: false, topic: "work" }),
    "info references-published",
    ["0 references"],
  ],
];

suite("each event is one line with its facts", () => {
  for (const [i, [tell, action, holds]] of TOLD.entries()) {
    test(`${i + 1}: ${action}`, () => {
      const log = captureLog({ level: "debug", format: "json" });
      tell(log.events);
      assert.deepEqual(log.actions(), [action]);
      const message = String(log.objects()[0]?.["message"]);
      for (const fact of holds) assert.ok(message.includes(fact), `${fact} in ${message}`);
    });
  }

  test("an unknown price is not told as a cost", () => {
    const log = captureLog({ format: "json" });
    const tally = { ...TALLY, embedding: { ...TALLY.embedding, cost_usd: null } };
    log.events.consumerEnded({ role: "worker", tally });
    assert.doesNotMatch(String(log.objects()[0]?.["message"]), /\$/);
  });

  test("a mistake of ours comes with its stack", () => {
    const log = captureLog();
    log.events.failedUnexpectedly({ role: "tail", error: new TypeError("x is not a function") });
    assert.match(log.text(), /ERROR Tail: TypeError: x is not a function\n\s+at /);
  });

  test("a dead letter's reason cannot steer a terminal, nor show a secret", () => {
    const log = captureLog({ secrets: ["hunter2"] });
    const reason = "bad \u001b[2J\u0007 hunter2";
    log.events.deadLetterSent({ code: "refused", reason, from: FROM, topic: "dlq" });
    assert.match(log.messages()[0] ?? "", /dlq: bad \\u001b\[2J\\u0007 \*\*\*$/);
  });
});

test("of many dead letters five are named, and five again after the next line on performance", () => {
  const log = captureLog();
  const send = (times: number) => {
    for (let i = 0; i < times; i++) {
      log.events.deadLetterSent({ code: "no_id", reason: "none", from: FROM, topic: "dlq" });
    }
  };
  send(9);
  assert.equal(log.messages().length, 5);
  log.events.performance(PERFORMANCE);
  send(9);
  assert.equal(log.messages().length, 11);
});

test("records that fail are named again after each line on performance, where no cycle ever begins", () => {
  const log = captureLog();
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) {
      log.events.recordFailed({ index: "a", id: "1", outcome: "deferred", fault: FAULT });
    }
  };
  fail(9);
  assert.equal(log.messages().length, 5);
  log.events.performance(PERFORMANCE);
  fail(1);
  assert.equal(log.messages().length, 7);
});

test("a machine finds the numbers in fields of their own", () => {
  const log = captureLog({ format: "json" });
  log.events.performance(PERFORMANCE);
  log.events.consumerEnded({ role: "tail", tally: TALLY });
  log.events.sourceLost({ role: "tail", fault: FAULT, waitMs: 1000 });
  const [performance, ended, lost] = log.objects();
  assert.partialDeepStrictEqual(performance, {
    "event.action": "tail-performance",
    "log_vectorizer.vectors_per_second": 45.23,
    "log_vectorizer.lag": 130,
    "log_vectorizer.waiting": 4,
    "log_vectorizer.dead_letters": 0,
    "log_vectorizer.passed_over": 900,
  });
  assert.deepEqual(ended?.["log_vectorizer.tally"], TALLY);
  assert.partialDeepStrictEqual(lost, {
    "event.action": "tail-source-lost",
    "error.type": "outage",
  });
});
