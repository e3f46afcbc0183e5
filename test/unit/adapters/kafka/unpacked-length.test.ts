import assert from "node:assert/strict";
import { test } from "node:test";
import { compressionsAlgorithms } from "@platformatic/kafka";
import {
  CannotUnpack,
  lz4Length,
  snappyLength,
} from "../../../../src/adapters/kafka/unpacked-length.ts";

const TEXTS = {
  "one byte": Buffer.from("x"),
  text: Buffer.from("connection refused: db-1:5432 ".repeat(40)),
  zeros: Buffer.alloc(5_000_000),
  noise: Buffer.from(
    Array.from({ length: 200_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255),
  ),
};

for (const [what, bytes] of Object.entries(TEXTS)) {
  test(`the length of ${what} is known before it is unpacked`, () => {
    const packed = {
      lz4: compressionsAlgorithms.lz4.compressSync(bytes),
      snappy: compressionsAlgorithms.snappy.compressSync(bytes),
    };
    assert.equal(lz4Length(packed.lz4, Infinity), bytes.length);
    assert.equal(snappyLength(packed.snappy), bytes.length);
  });
}

test("frames one behind the other count together, and those that a reader passes over do not", () => {
  const { compressSync } = compressionsAlgorithms.lz4;
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const packed = Buffer.concat([compressSync(TEXTS.text), skipped, compressSync(TEXTS.zeros)]);
  assert.equal(lz4Length(packed, Infinity), TEXTS.text.length + TEXTS.zeros.length);
});

test("counting ends once it is enough", () => {
  const length = lz4Length(compressionsAlgorithms.lz4.compressSync(TEXTS.zeros), 100_000);
  assert.ok(length > 100_000 && length < 5_000_000, String(length));
});

test("chunks in Xerial's framing count together", () => {
  const chunk = compressionsAlgorithms.snappy.compressSync(TEXTS.text);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(chunk.length);
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const packed = Buffer.concat([header, size, chunk, size, chunk]);
  assert.equal(snappyLength(packed), 2 * TEXTS.text.length);
});

for (const broken of [
  Buffer.from([1]),
  Buffer.from("no frame at all"),
  Buffer.from([0x04, 0x22, 0x4d, 0x18]),
]) {
  test(`bytes that are not lz4 are refused: ${broken.toString("hex")}`, () => {
    assert.throws(() => lz4Length(broken, Infinity), CannotUnpack);
  });
}
test("bytes that are not snappy are refused", () => {
  assert.throws(() => snappyLength(Buffer.alloc(0)), CannotUnpack);
  assert.throws(() => snappyLength(Buffer.from([255, 255, 255, 255, 255, 255])), CannotUnpack);
});
