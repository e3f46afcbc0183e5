import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import * as kafka from "@platformatic/kafka";
import { z } from "zod";
import { boundBatches, unreadBatch } from "../../../../src/adapters/kafka/bounded-batches.ts";

const LIMITS = { batchBytes: 100_000, batchRecords: 500 };

type Parse = (correlationId: number, key: number, version: number, reader: kafka.Reader) => unknown;

/** What would be sent is read by this. */
let parseAnswer: Parse | undefined;

class Connection extends kafka.Connection {
  override send(_key: number, _version: number, _payload: unknown, parse: Parse): void {
    parseAnswer = parse;
  }
}

boundBatches({ ...kafka, Connection }, LIMITS);

const PACK = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  snappy: (bytes: Buffer) => kafka.compressionsAlgorithms.snappy.compressSync(bytes),
  lz4: (bytes: Buffer) => kafka.compressionsAlgorithms.lz4.compressSync(bytes),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes),
} as const;
const CODECS = ["gzip", "snappy", "lz4", "zstd"] as const;

type Batch = {
  values: readonly string[];
  first: number;
  codec?: keyof typeof PACK;
  packed?: Buffer;
};

/** A batch as a broker hands it out: https://kafka.apache.org/documentation/#recordbatch */
function batch({ values, first, codec, packed }: Batch): Buffer {
  const records = Buffer.concat(
    values.map((value, i) => {
      const body = kafka.Writer.create()
        .appendInt8(0)
        .appendVarInt64(0n)
        .appendVarInt(i)
        .appendVarIntBytes(null)
        .appendVarIntBytes(Buffer.from(value))
        .appendVarIntArray([], () => undefined);
      return body.prependVarIntLength().buffer;
    }),
  );
  const content = packed ?? (codec ? PACK[codec](records) : records);
  const attributes = codec ? kafka.compressionsAlgorithms[codec].bitmask : 0;
  const body = kafka.Writer.create()
    .appendInt32(0)
    .appendInt8(2)
    .appendUnsignedInt32(first + 7)
    .appendInt16(attributes)
    .appendInt32(values.length - 1)
    .appendInt64(1000n)
    .appendInt64(1000n)
    .appendInt64(-1n)
    .appendInt16(-1)
    .appendInt32(-1)
    .appendInt32(values.length)
    .append(content).buffer;
  const head = Buffer.alloc(12);
  head.writeBigInt64BE(BigInt(first));
  head.writeInt32BE(body.length, 8);
  return Buffer.concat([head, body]);
}

/** Reads an answer with these batches, one list for each partition; values by partition, and what was left unread. */
function readAnswer(...partitions: Batch[][]) {
  const writer = kafka.Writer.create()
    .appendInt32(0)
    .appendInt16(0)
    .appendInt32(0)
    .appendArray(
      [0],
      (w) => {
        w.appendUUID("00000000-0000-0000-0000-000000000001")
          .appendArray(
            partitions,
            (p, batches, i) => {
              p.appendInt32(i)
                .appendInt16(0)
                .appendInt64(0n)
                .appendInt64(0n)
                .appendInt64(0n)
                .appendArray(null, () => undefined)
                .appendInt32(-1);
              const bytes = Buffer.concat(batches.map(batch));
              p.appendUnsignedVarInt(bytes.length + 1)
                .append(bytes)
                .appendTaggedFields();
            },
            true,
            false,
          )
          .appendTaggedFields();
      },
      true,
      false,
    )
    .appendTaggedFields();
  const connection: kafka.Connection = new Connection("test");
  const { parseResponse } = kafka.fetchV17;
  const payload = () => kafka.Writer.create();
  connection.send(1, 17, payload, parseResponse, true, true, () => undefined);
  const answer = answerShape.parse(parseAnswer?.(1, 1, 17, kafka.Reader.from(writer.buffer)));
  return answer.responses[0]?.partitions.map(({ records }) =>
    records.flatMap((one) =>
      one.records.map(
        ({ value, offsetDelta }) =>
          unreadBatch(value) ??
          `${Number(one.firstOffset) + offsetDelta}: ${value?.toString().slice(0, 20)}`,
      ),
    ),
  );
}

const answerShape = z.object({
  responses: z.array(
    z.object({
      partitions: z.array(
        z.object({
          records: z.array(
            z.object({
              firstOffset: z.bigint(),
              records: z.array(
                z.object({ value: z.instanceof(Buffer).nullable(), offsetDelta: z.number() }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

const SMALL = ["a", "b"];
const BOMB = ["x".repeat(200_000), "y"];

for (const codec of CODECS) {
  test(`a ${codec} batch within the limits is read`, () => {
    assert.deepEqual(readAnswer([{ values: SMALL, first: 10, codec }]), [["10: a", "11: b"]]);
  });

  test(`a batch that ${codec} has packed too small is left packed, and the others are read`, () => {
    const [zero, one] =
      readAnswer(
        [
          { values: SMALL, first: 0, codec },
          { values: BOMB, first: 2, codec },
          { values: SMALL, first: 4, codec },
        ],
        [{ values: ["z"], first: 7 }],
      ) ?? [];
    assert.deepEqual(one, ["7: z"]);
    const left = (zero ?? []).find((each) => typeof each !== "string");
    assert.deepEqual({ ...left, reason: "" }, { firstOffset: 2, lastOffset: 3, reason: "" });
    assert.match(
      left?.reason ?? "",
      new RegExp(`of ${codec}: it unpacks to more than 100000 bytes`),
    );
    assert.deepEqual(
      zero?.filter((each) => typeof each === "string"),
      ["0: a", "1: b", "4: a", "5: b"],
    );
  });

  test(`a batch of too many records is left packed: ${codec}`, () => {
    const values = Array.from({ length: 501 }, () => "");
    const [[left] = []] = readAnswer([{ values, first: 0, codec }]) ?? [];
    assert.ok(typeof left === "object");
    assert.match(left.reason, /it holds 501 records; at most 0\.095.* and 500 records/);
  });

  test(`a batch that is not ${codec} is skipped and reported`, () => {
    const packed = Buffer.from("this was never packed by anything");
    const [[left, next] = []] =
      readAnswer([
        { values: SMALL, first: 0, codec, packed },
        { values: SMALL, first: 2, codec },
      ]) ?? [];
    assert.ok(typeof left === "object");
    assert.deepEqual([left.firstOffset, left.lastOffset, next], [0, 1, "2: a"]);
    assert.ok(left.reason.length > 10);
  });
}

test("batches that are small each are left packed where together they are too much for one answer", () => {
  const batches = [0, 1, 2, 3].map((first): Batch => ({
    values: ["x".repeat(70_000)],
    first,
    codec: "gzip",
  }));
  const [read = []] = readAnswer(batches) ?? [];
  assert.deepEqual(
    read.map((one) => (typeof one === "string" ? "read" : "left")),
    ["read", "read", "left", "left"],
  );
});

test("a value that is empty is not taken for a batch", () => {
  assert.equal(unreadBatch(Buffer.alloc(0)), undefined);
  assert.equal(unreadBatch(null), undefined);
});
