import assert from "node:assert/strict";
import { test } from "node:test";
import type { KafkaRecord, RecordsBatch } from "@platformatic/kafka";
import { IS_CONTROL } from "@platformatic/kafka";
import { messagesOf } from "../../../../src/adapters/kafka/messages.ts";

const OF = { topic: "logs", partition: 2 };

function record(offsetDelta: number, parts: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    length: 0,
    attributes: 0,
    timestampDelta: BigInt(offsetDelta * 10),
    offsetDelta,
    key: null,
    value: null,
    headers: [],
    ...parts,
  };
}

function batch(records: KafkaRecord[], attributes = 0): RecordsBatch {
  return {
    firstOffset: 100n,
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes,
    lastOffsetDelta: 9,
    firstTimestamp: 1_700_000_000_000n,
    maxTimestamp: 1_700_000_000_000n,
    producerId: -1n,
    producerEpoch: 0,
    firstSequence: 0,
    records,
  };
}

test("offsets and times count from those of the batch, gaps and all", () => {
  const messages = messagesOf(batch([record(0), record(7)]), OF, IS_CONTROL);
  assert.deepEqual(
    messages.map(({ offset, timestamp }) => [offset, timestamp]),
    [
      [100, 1_700_000_000_000],
      [107, 1_700_000_000_070],
    ],
  );
  assert.ok(messages.every(({ topic, partition }) => topic === "logs" && partition === 2));
});

test("null stays null, and empty stays empty", () => {
  const empty = Buffer.alloc(0);
  const headers: KafkaRecord["headers"] = [
    [Buffer.from("name"), null],
    [null, empty],
  ];
  const [bare, full] = messagesOf(
    batch([record(0), record(1, { key: empty, value: empty, headers })]),
    OF,
    IS_CONTROL,
  );
  assert.deepEqual([bare?.key, bare?.value, bare?.headers], [null, null, []]);
  assert.deepEqual(
    [full?.key, full?.value, full?.headers],
    [
      empty,
      empty,
      [
        ["name", null],
        ["", empty],
      ],
    ],
  );
});

test("the marks of a transaction are no messages", () => {
  assert.deepEqual(messagesOf(batch([record(0)], IS_CONTROL), OF, IS_CONTROL), []);
});
