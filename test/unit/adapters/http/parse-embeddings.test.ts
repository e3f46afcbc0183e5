import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseEmbeddings } from "../../../../src/adapters/http/parse-embeddings.ts";
import { readVector } from "../../../../src/adapters/http/read-vector.ts";
import { toBase64 } from "../../../support/fakes/stub-vector.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const { runs = 300, seed = 19 } = propertyRuns() ?? {};
const PARAMETERS = { numRuns: runs, seed };

function parsed(text: string): unknown {
  return parseEmbeddings(Buffer.from(text));
}

/** What JSON.parse and readVector make of it. */
function plain(text: string): unknown {
  try {
    return wholly(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** With the vectors read that were left to readVector. */
function wholly(value: unknown, key = ""): unknown {
  const own = key === "embedding" ? (readVector(value) ?? value) : value;
  if (own instanceof Float32Array || typeof own !== "object" || own === null) return own;
  if (Array.isArray(own)) return own.map((one) => wholly(one));
  return Object.fromEntries(Object.entries(own).map(([name, one]) => [name, wholly(one, name)]));
}

/** Any 32 bits as a float: subnormal numbers, zeros of both signs, infinities and NaN are among them. */
const anyFloat = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((bits) => {
  const [value = 0] = new Float32Array(Int32Array.of(bits).buffer);
  return value;
});
const finite = anyFloat.filter(Number.isFinite);
const base64 = fc
  .array(anyFloat, { maxLength: 40 })
  .map((values) => JSON.stringify(toBase64(Float32Array.from(values))));
const list = fc
  .array(fc.oneof(finite.map(String), fc.double().map(JSON.stringify)), { maxLength: 40 })
  .map((values) => `[${values.join(", ")}]`);
const odd = fc.constantFrom(
  "null",
  "3",
  "{}",
  '""',
  '"AA\\/AAA=="',
  '"AACAPwAAIMA\\u003d"',
  "[1,[2]]",
  '["]"]',
  "[null,1]",
  '{"embedding":[1,2]}',
);
const bad = fc.constantFrom("NaN", "[NaN]", "[1,,2]", "[01]", '"AACA\nPwAA', "[", '"', "");
const blank = fc.constantFrom("", " ", "\n\t");
const name = fc.constantFrom("a", '\\"embedding\\":', "embedding", 'x\\"embedding', "é");

test("an answer is what JSON.parse and readVector make of it, whatever is in it", () => {
  const entry = fc
    .tuple(
      name,
      blank,
      fc.oneof({ weight: 6, arbitrary: base64 }, { weight: 6, arbitrary: list }, odd),
    )
    .map(
      ([text, gap, vector]) => `{"object":"${text}","${text}":1,"embedding"${gap}:${gap}${vector}}`,
    );
  const broken = bad.map((vector) => `{"embedding":${vector}}`);
  const entries = fc.array(fc.oneof({ weight: 12, arbitrary: entry }, broken), { maxLength: 6 });
  fc.assert(
    fc.property(entries, (all) => {
      const text = `{"object":"list","data":[${all.join(",")}],"embedding":[1],"model":"embedding"}`;
      assert.deepEqual(wholly(parsed(text)), plain(text));
    }),
    PARAMETERS,
  );
});

test("every float32 comes out of base64 and out of its shortest decimals with the same bits", () => {
  const bitsOf = (value: unknown) => {
    assert.ok(value instanceof Float32Array);
    return [...new Int32Array(value.buffer, value.byteOffset, value.length)];
  };
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 200 }), (values) => {
      const vector = Float32Array.from(values);
      const decimals = values.map((value) => (Object.is(value, -0) ? "-0" : String(value)));
      const answer = parsed(
        `[{"embedding":"${toBase64(vector)}"},{"embedding":[${decimals.join(",")}]}]`,
      );
      assert.ok(Array.isArray(answer));
      for (const { embedding } of answer) assert.deepEqual(bitsOf(embedding), bitsOf(vector));
    }),
    PARAMETERS,
  );
});

test("the vectors of an answer are made from its bytes, and the rest is as it was", () => {
  const answer = parsed(
    '\ufeff{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAIMA="},{"index":1,"embedding" : [ 0.5,\n-1 ]}],"usage":{"total_tokens":7}}',
  );
  assert.deepEqual(answer, {
    object: "list",
    data: [
      { object: "embedding", index: 0, embedding: Float32Array.of(1, -2.5) },
      { index: 1, embedding: Float32Array.of(0.5, -1) },
    ],
    usage: { total_tokens: 7 },
  });
});

test("a number under `embedding` never stands for the vector of another text", () => {
  const answer = parsed('[{"embedding":[1,2]},{"embedding":0}]');
  assert.deepEqual(answer, [{ embedding: [1, 2] }, { embedding: 0 }]);
});

test("base64 with one character too many is no vector of the length that it would have without it", () => {
  const text = JSON.stringify([{ embedding: `${"A".repeat(16)}*` }]);
  assert.deepEqual(wholly(parsed(text)), plain(text));
  assert.equal(parsed(`[{"embedding":"${"A".repeat(16)}\n"}]`), undefined);
});
