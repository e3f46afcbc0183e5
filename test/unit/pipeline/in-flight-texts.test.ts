import assert from "node:assert/strict";
import { test } from "node:test";
import { createInFlightTexts } from "../../../src/pipeline/in-flight-texts.ts";
import { Fault } from "../../../src/domain/faults.ts";

const VECTOR = { vector: Float32Array.of(1, 2), truncated: false };
const REFUSED = { fault: new Fault("record", "cannot be read") };
const OUTAGE = new Fault("outage", "gone");

test("a text belongs to the first who claims it, the others hear of its end", async () => {
  const inFlight = createInFlightTexts();
  const first = inFlight.claim(["a", "b"]);
  const second = inFlight.claim(["b", "c"]);
  assert.deepEqual([[...first.mine], [...first.others.keys()]], [["a", "b"], []]);
  assert.deepEqual([[...second.mine], [...second.others.keys()]], [["c"], ["b"]]);
  first.resolve(new Map([["b", VECTOR]]));
  assert.equal(await second.others.get("b"), VECTOR);
});

test("refused, and not sent for a fault or for none: each is passed on as it is", async () => {
  const inFlight = createInFlightTexts();
  const first = inFlight.claim(["refused", "unsent"]);
  const second = inFlight.claim(["refused", "unsent"]);
  first.resolve(new Map([["refused", REFUSED]]));
  first.release(OUTAGE);
  assert.equal(await second.others.get("refused"), REFUSED);
  assert.deepEqual(await second.others.get("unsent"), { unsent: OUTAGE });
  const third = inFlight.claim(["broken"]);
  const fourth = inFlight.claim(["broken"]);
  third.release();
  assert.deepEqual(await fourth.others.get("broken"), { unsent: undefined });
  const fifth = inFlight.claim(["left"]);
  const sixth = inFlight.claim(["left"]);
  fifth.release("left");
  assert.deepEqual(await sixth.others.get("left"), { unsent: "left" });
});

test("a resolved text can be claimed again", () => {
  const inFlight = createInFlightTexts();
  inFlight.claim(["a"]).resolve(new Map([["a", VECTOR]]));
  assert.deepEqual([...inFlight.claim(["a"]).mine], ["a"]);
});

test("resolving and releasing leave alone what others have claimed", () => {
  const inFlight = createInFlightTexts();
  const first = inFlight.claim(["a"]);
  const second = inFlight.claim(["a", "b"]);
  second.resolve(
    new Map([
      ["a", VECTOR],
      ["b", VECTOR],
    ]),
  );
  second.release();
  assert.deepEqual([...inFlight.claim(["a"]).others.keys()], ["a"]);
  first.release();
});

test("a text that is named twice in one claim is that claim's own", () => {
  const inFlight = createInFlightTexts();
  const claim = inFlight.claim(["a", "a"]);
  assert.deepEqual([[...claim.mine], [...claim.others.keys()]], [["a"], []]);
});

test("a claim that has ended says nothing of a later claim of the same text", () => {
  const inFlight = createInFlightTexts();
  const first = inFlight.claim(["a"]);
  first.resolve(new Map([["a", VECTOR]]));
  inFlight.claim(["a"]);
  first.release();
  assert.deepEqual([...inFlight.claim(["a"]).others.keys()], ["a"]);
});
