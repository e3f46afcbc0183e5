import assert from "node:assert/strict";
import { test } from "node:test";
import { createTextsUnderWay } from "../../../src/pipeline/under-way.ts";
import { Fault } from "../../../src/domain/faults.ts";

const VECTOR = { vector: Float32Array.of(1, 2), truncated: false };
const REFUSED = { fault: new Fault("record", "cannot be read") };
const OUTAGE = new Fault("outage", "gone");

test("a text belongs to the first who claims it, the others hear of its end", async () => {
  const underWay = createTextsUnderWay();
  const first = underWay.claim(["a", "b"]);
  const second = underWay.claim(["b", "c"]);
  assert.deepEqual([[...first.mine], [...first.others.keys()]], [["a", "b"], []]);
  assert.deepEqual([[...second.mine], [...second.others.keys()]], [["c"], ["b"]]);
  first.settle(new Map([["b", VECTOR]]));
  assert.equal(await second.others.get("b"), VECTOR);
});

test("refused, and not sent for a fault or for none: each is passed on as it is", async () => {
  const underWay = createTextsUnderWay();
  const first = underWay.claim(["refused", "unsent"]);
  const second = underWay.claim(["refused", "unsent"]);
  first.settle(new Map([["refused", REFUSED]]), OUTAGE);
  assert.equal(await second.others.get("refused"), REFUSED);
  assert.deepEqual(await second.others.get("unsent"), { unsent: OUTAGE });
  const third = underWay.claim(["broken"]);
  const fourth = underWay.claim(["broken"]);
  third.settle(new Map());
  assert.deepEqual(await fourth.others.get("broken"), { unsent: undefined });
  const fifth = underWay.claim(["left"]);
  const sixth = underWay.claim(["left"]);
  fifth.settle(new Map(), "left");
  assert.deepEqual(await sixth.others.get("left"), { unsent: "left" });
});

test("what is settled can be claimed again", () => {
  const underWay = createTextsUnderWay();
  underWay.claim(["a"]).settle(new Map([["a", VECTOR]]));
  assert.deepEqual([...underWay.claim(["a"]).mine], ["a"]);
});

test("settling leaves alone what others have claimed", () => {
  const underWay = createTextsUnderWay();
  const first = underWay.claim(["a"]);
  const second = underWay.claim(["a", "b"]);
  second.settle(new Map([["b", VECTOR]]));
  assert.deepEqual([...underWay.claim(["a"]).others.keys()], ["a"]);
  first.settle(new Map());
});

test("a text that is named twice in one claim is that claim's own", () => {
  const underWay = createTextsUnderWay();
  const claim = underWay.claim(["a", "a"]);
  assert.deepEqual([[...claim.mine], [...claim.others.keys()]], [["a"], []]);
});
