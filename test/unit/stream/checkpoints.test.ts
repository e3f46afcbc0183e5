import assert from "node:assert/strict";
import { test } from "node:test";
import { createCheckpoints } from "../../../src/stream/checkpoints.ts";

const at = (offset: number, partition = 0, topic = "logs") => ({ topic, partition, offset });

test("what is finished out of turn moves nothing until the first is finished", () => {
  const watermark = createCheckpoints();
  const [first, second, third] = [10, 11, 12].map((offset) => watermark.track(at(offset), 1));
  third?.settlePart();
  second?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(10)]);
  first?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(13)]);
});

test("a message is finished once each of its parts is", () => {
  const watermark = createCheckpoints();
  const open = watermark.track(at(0), 3);
  open?.settlePart();
  open?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(0)]);
  open?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(1)]);
});

test("a message of no parts is finished at once, but not ahead of what is before it", () => {
  const watermark = createCheckpoints();
  watermark.track(at(0), 0);
  assert.deepEqual(watermark.uncommitted(), [at(1)]);
  watermark.track(at(1), 1);
  watermark.track(at(2), 0);
  assert.deepEqual(watermark.uncommitted(), [at(1)]);
});

test("offsets may have gaps, as compacted topics and transactions leave them", () => {
  const watermark = createCheckpoints();
  watermark.track(at(5), 0);
  const open = watermark.track(at(90), 1);
  assert.deepEqual(watermark.uncommitted(), [at(90)]);
  open?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(91)]);
});

test("what is committed does not move again until more is finished", () => {
  const watermark = createCheckpoints();
  watermark.track(at(0), 0);
  watermark.committed(watermark.uncommitted());
  assert.deepEqual(watermark.uncommitted(), []);
  watermark.track(at(1), 0);
  assert.deepEqual(watermark.uncommitted(), [at(2)]);
});

test("a message that comes again is known", () => {
  const watermark = createCheckpoints();
  watermark.track(at(6), 0);
  watermark.track(at(7), 1);
  assert.equal(watermark.isDuplicate(at(7)), true);
  assert.equal(watermark.isDuplicate(at(6)), true);
  assert.equal(watermark.isDuplicate(at(8)), false);
  assert.equal(watermark.isDuplicate(at(7, 1)), false);
  assert.equal(watermark.isDuplicate(at(7, 0, "other")), false);
  assert.equal(watermark.track(at(7), 1), undefined);
});

test("a partition that is kept over a rebalance keeps what is open in it", () => {
  const watermark = createCheckpoints();
  const open = watermark.track(at(0), 1);
  watermark.track(at(1), 0);
  watermark.assign([at(0)]);
  assert.equal(watermark.track(at(0), 1), undefined);
  open?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(2)]);
});

test("a partition that was lost is forgotten: it is not committed, and starts anew when it comes back", () => {
  const watermark = createCheckpoints();
  const lost = watermark.track(at(0), 1);
  watermark.track(at(0, 1), 0);
  watermark.assign([at(0, 1)]);
  assert.deepEqual(watermark.uncommitted(), [at(1, 1)]);
  watermark.assign([at(0), at(0, 1)]);
  const again = watermark.track(at(0), 1);
  lost?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(0), at(1, 1)]);
  again?.settlePart();
  assert.deepEqual(watermark.uncommitted(), [at(1), at(1, 1)]);
});

test("what comes from before all that may come again is of a topic that was made anew: it starts anew", () => {
  for (const committed of [[], [at(40)]]) {
    const watermark = createCheckpoints();
    const old = watermark.track(at(40), 1);
    watermark.committed(committed);
    watermark.assign([at(0)]);
    assert.equal(watermark.isDuplicate(at(40)), true);
    assert.equal(watermark.isDuplicate(at(0)), false);
    const first = watermark.track(at(0), 1);
    old?.settlePart();
    assert.deepEqual(watermark.uncommitted(), [at(0)]);
    first?.settlePart();
    assert.deepEqual(watermark.uncommitted(), [at(1)]);
    assert.equal(watermark.isDuplicate(at(0)), true);
  }
});

test("an answer to an older commit does not undo a newer one", () => {
  const watermark = createCheckpoints();
  watermark.track(at(9), 0);
  watermark.committed([at(10)]);
  watermark.committed([at(4)]);
  watermark.committed([at(4, 3)]);
  assert.deepEqual(watermark.uncommitted(), []);
});
