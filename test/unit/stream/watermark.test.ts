import assert from "node:assert/strict";
import { test } from "node:test";
import { createWatermark } from "../../../src/stream/watermark.ts";

const at = (offset: number, partition = 0, topic = "logs") => ({ topic, partition, offset });

test("what is finished out of turn moves nothing until the first is finished", () => {
  const watermark = createWatermark();
  const [first, second, third] = [10, 11, 12].map((offset) => watermark.take(at(offset), 1));
  third?.done();
  second?.done();
  assert.deepEqual(watermark.moved(), [at(10)]);
  first?.done();
  assert.deepEqual(watermark.moved(), [at(13)]);
});

test("a message is finished once each of its parts is", () => {
  const watermark = createWatermark();
  const open = watermark.take(at(0), 3);
  open?.done();
  open?.done();
  assert.deepEqual(watermark.moved(), [at(0)]);
  open?.done();
  assert.deepEqual(watermark.moved(), [at(1)]);
});

test("a message of no parts is finished at once, but not ahead of what is before it", () => {
  const watermark = createWatermark();
  watermark.take(at(0), 0);
  assert.deepEqual(watermark.moved(), [at(1)]);
  watermark.take(at(1), 1);
  watermark.take(at(2), 0);
  assert.deepEqual(watermark.moved(), [at(1)]);
});

test("offsets may have gaps, as compacted topics and transactions leave them", () => {
  const watermark = createWatermark();
  watermark.take(at(5), 0);
  const open = watermark.take(at(90), 1);
  assert.deepEqual(watermark.moved(), [at(90)]);
  open?.done();
  assert.deepEqual(watermark.moved(), [at(91)]);
});

test("what is committed does not move again until more is finished", () => {
  const watermark = createWatermark();
  watermark.take(at(0), 0);
  watermark.committed(watermark.moved());
  assert.deepEqual(watermark.moved(), []);
  watermark.take(at(1), 0);
  assert.deepEqual(watermark.moved(), [at(2)]);
});

test("a message that comes again is known", () => {
  const watermark = createWatermark();
  watermark.take(at(6), 0);
  watermark.take(at(7), 1);
  assert.equal(watermark.isRepeat(at(7)), true);
  assert.equal(watermark.isRepeat(at(6)), true);
  assert.equal(watermark.isRepeat(at(8)), false);
  assert.equal(watermark.isRepeat(at(7, 1)), false);
  assert.equal(watermark.isRepeat(at(7, 0, "other")), false);
  assert.equal(watermark.take(at(7), 1), undefined);
});

test("a partition that is kept over a rebalance keeps what is open in it", () => {
  const watermark = createWatermark();
  const open = watermark.take(at(0), 1);
  watermark.take(at(1), 0);
  watermark.assign([at(0)]);
  assert.equal(watermark.take(at(0), 1), undefined);
  open?.done();
  assert.deepEqual(watermark.moved(), [at(2)]);
});

test("a partition that was lost is forgotten: it is not committed, and starts anew when it comes back", () => {
  const watermark = createWatermark();
  const lost = watermark.take(at(0), 1);
  watermark.take(at(0, 1), 0);
  watermark.assign([at(0, 1)]);
  assert.deepEqual(watermark.moved(), [at(1, 1)]);
  watermark.assign([at(0), at(0, 1)]);
  const again = watermark.take(at(0), 1);
  lost?.done();
  assert.deepEqual(watermark.moved(), [at(0), at(1, 1)]);
  again?.done();
  assert.deepEqual(watermark.moved(), [at(1), at(1, 1)]);
});

test("what comes from before all that may come again is of a topic that was made anew: it starts anew", () => {
  for (const committed of [[], [at(40)]]) {
    const watermark = createWatermark();
    const old = watermark.take(at(40), 1);
    watermark.committed(committed);
    watermark.assign([at(0)]);
    assert.equal(watermark.isRepeat(at(40)), true);
    assert.equal(watermark.isRepeat(at(0)), false);
    const first = watermark.take(at(0), 1);
    old?.done();
    assert.deepEqual(watermark.moved(), [at(0)]);
    first?.done();
    assert.deepEqual(watermark.moved(), [at(1)]);
    assert.equal(watermark.isRepeat(at(0)), true);
  }
});

test("an answer to an older commit does not undo a newer one", () => {
  const watermark = createWatermark();
  watermark.take(at(9), 0);
  watermark.committed([at(10)]);
  watermark.committed([at(4)]);
  watermark.committed([at(4, 3)]);
  assert.deepEqual(watermark.moved(), []);
});
