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
  first.resolve(new Map([["b", VECTOR]]));
  assert.equal(await second.others.get("b"), VECTOR);
});

test("refused, and not sent for a fault or for none: each is passed on as it is", async () => {
  const underWay = createTextsUnderWay();
  const first = underWay.claim(["refused", "unsent"]);
  const second = underWay.claim(["refused", "unsent"]);
  first.resolve(new Map([["refused", REFUSED]]));
  first.release(OUTAGE);
  assert.equal(await second.others.get("refused"), REFUSED);
  assert.deepEqual(await second.others.get("unsent"), { unsent: OUTAGE });
  const third = underWay.claim(["broken"]);
  const fourth = underWay.claim(["broken"]);
  third.release();
  assert.deepEqual(await fourth.others.get("broken"), { unsent: undefined });
  const fifth = underWay.claim(["left"]);
  const sixth = underWay.claim(["left"]);
  fifth.release("left");
  assert.deepEqual(await sixth.others.get("left"), { unsent: "left" });
});

test("what is resolved can be claimed again", () => {
  const underWay = createTextsUnderWay();
  underWay.claim(["a"]).resolve(new Map([["a", VECTOR]]));
  assert.deepEqual([...underWay.claim(["a"]).mine], ["a"]);
});

test("resolving and releasing leave alone what others have claimed", () => {
  const underWay = createTextsUnderWay();
  const first = underWay.claim(["a"]);
  const second = underWay.claim(["a", "b"]);
  second.resolve(
    new Map([
      ["a", VECTOR],
      ["b", VECTOR],
    ]),
  );
  second.release();
  assert.deepEqual([...underWay.claim(["a"]).others.keys()], ["a"]);
  first.release();
});

test("a text that is named twice in one claim is that claim's own", () => {
  const underWay = createTextsUnderWay();
  const claim = underWay.claim(["a", "a"]);
  assert.deepEqual([[...claim.mine], [...claim.others.keys()]], [["a"], []]);
});

test("a claim that has ended says nothing of whoever claims the same text after it", () => {
  const underWay = createTextsUnderWay();
  const first = underWay.claim(["a"]);
  first.resolve(new Map([["a", VECTOR]]));
  underWay.claim(["a"]);
  first.release();
  assert.deepEqual([...underWay.claim(["a"]).others.keys()], ["a"]);
});
