import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as check, float, property } from "fast-check";
import { maxVectorBytes, writeVector } from "../../../src/adapters/opensearch/bulk-body.ts";
import { createSigner, digest } from "../../../src/pipeline/signer.ts";
import { STAMP_KEY } from "../../support/fakes/signer.ts";

const VECTOR = Float32Array.of(0.6, -0.8, 1e-7);
const signer = createSigner({ secret: STAMP_KEY, textVersion: "t" });
const STAMP = {
  model: "m",
  dimensions: 3,
  text_hash: signer.textHash("disk full"),
  embedded_at: "2026-01-01T00:00:00.000Z",
  truncated: false,
};
const SIGNED = signer.sign(STAMP, VECTOR);

test("a stamp holds beside the vector that it was signed with, after a round trip through JSON too", () => {
  assert.ok(signer.holds(SIGNED, VECTOR));
  const back = Float32Array.from(JSON.parse(JSON.stringify([...VECTOR])));
  assert.ok(signer.holds(JSON.parse(JSON.stringify(SIGNED)), back));
  const within = Float32Array.of(9, ...VECTOR, 9).subarray(1, 4);
  assert.ok(signer.holds(SIGNED, within));
});

test("a stamp holds beside the vector as it was written with eight decimals, whatever was in it", () => {
  check(
    property(array(float({ noNaN: true, min: -2, max: 2 }), { minLength: 1 }), (values) => {
      const vector = Float32Array.from([1, ...values]);
      const stamp = signer.sign({ ...STAMP, dimensions: vector.length }, vector);
      const body = Buffer.alloc(maxVectorBytes(vector.length));
      const text = body.toString("utf8", 0, writeVector(body, 0, vector));
      assert.ok(signer.holds(stamp, Float32Array.from(JSON.parse(text))));
    }),
  );
});

test("when it was embedded, and the version of its text, may be otherwise", () => {
  assert.ok(signer.holds({ ...SIGNED, embedded_at: "then", text: "u" }, VECTOR));
});

const FORGED: [string, Record<string, unknown>][] = [
  ["another text", { text_hash: signer.textHash("disk empty") }],
  ["another model", { model: "n" }],
  ["a model that is no text", { model: ["m"] }],
  ["other dimensions", { dimensions: 4 }],
  ["dimensions as text", { dimensions: "3" }],
  ["a cut text", { truncated: true }],
  ["no signature", { mac: undefined }],
  ["a shorter signature", { mac: SIGNED.mac?.slice(0, 32) }],
  ["a signature that is no text", { mac: 7 }],
  ["the digest as signature", { mac: digest(JSON.stringify(STAMP)) }],
  ["another key", { key: "00000000" }],
  ["no key", { key: undefined }],
];

for (const [what, changes] of FORGED) {
  test(`a stamp that claims ${what} does not hold`, () => {
    assert.ok(!signer.holds({ ...SIGNED, ...changes }, VECTOR));
  });
}

for (const [what, values] of [
  ["another", [0.6, -0.8, 2e-7]],
  ["a longer", [0.6, -0.8, 1e-7, 0]],
  ["a shorter", [0.6, -0.8]],
  ["an infinite", [Infinity, -0.8, 1e-7]],
] as const) {
  test(`a stamp does not hold beside ${what} vector`, () => {
    assert.ok(!signer.holds(SIGNED, Float32Array.from(values)));
  });
}

for (const values of [
  [0, 0, 0],
  [Number.NaN, 1, 1],
]) {
  test(`not even a holder of the key makes ${JSON.stringify(values)} one to be used again`, () => {
    const vector = Float32Array.from(values);
    assert.ok(!signer.holds(signer.sign(STAMP, vector), vector));
  });
}

test("nobody makes the hash of a text, nor a signature, without the key", () => {
  const other = createSigner({ secret: `${STAMP_KEY}.`, textVersion: "t" });
  assert.notEqual(other.textHash("disk full"), signer.textHash("disk full"));
  assert.notEqual(signer.textHash("disk full"), digest("disk full"));
  assert.notEqual(other.key, signer.key);
  assert.ok(!signer.holds({ ...other.sign(STAMP, VECTOR), key: signer.key }, VECTOR));
});

test("stamps name the key by eight hex digits that do not give it away", () => {
  assert.match(signer.key, /^[0-9a-f]{8}$/);
  assert.ok(!digest(STAMP_KEY).startsWith(signer.key));
});

test("a stamp says of which text it is: with our key, with none as of before, with another's not at all", () => {
  assert.equal(signer.textOf(SIGNED, "disk full"), "this");
  assert.equal(signer.textOf(SIGNED, "disk empty"), "another");
  assert.equal(signer.textOf({ text_hash: digest("disk full") }, "disk full"), "this");
  assert.equal(signer.textOf({ text_hash: digest("disk full") }, "disk empty"), "another");
  assert.equal(
    signer.textOf({ ...SIGNED, text_hash: digest("disk full") }, "disk full"),
    "another",
  );
  assert.equal(signer.textOf({ ...SIGNED, key: "00000000" }, "disk empty"), "foreign");
  assert.equal(signer.textOf({}, "disk full"), "unsaid");
});

test("of a text that other rules made, a stamp only says where it is the same", () => {
  const masked = { ...SIGNED, text: "otherrul" };
  assert.equal(signer.textOf(masked, "disk full"), "this");
  assert.equal(signer.textOf(masked, "disk empty"), "unsaid");
});
