import assert from "node:assert/strict";
import { test } from "node:test";
import {
  otherDimensionsLine,
  otherModelsLine,
  REEMBED,
  settingsForLength,
  unnamedHashing,
  type ModelInForce,
  type OtherModels,
} from "../../../src/domain/other-models.ts";

const OTHERS: OtherModels = {
  records: 130,
  models: [{ model: "local-hashing-v1", dimensions: 64, records: 130 }],
  estimate: { tokens: 1560, cost_usd: 0.0002028 },
  command: REEMBED,
};

const DEFAULT = { name: "all-minilm-l6-v2", dimensions: 384 };
const CARRY = "130 records carry vectors of another model";
const NEXT = "Make new ones: log-vectorizer reembed";

for (const [what, changes, line] of [
  [
    "a small cost",
    {},
    `${CARRY} (local-hashing-v1), which search does not compare; about 1560 tokens, at most $0.000203. ${NEXT}`,
  ],
  [
    "one record",
    { records: 1, estimate: { tokens: 12, cost_usd: 1.5 } },
    `1 record carries a vector of another model (local-hashing-v1), which search does not compare; about 12 tokens, at most $1.50. ${NEXT}`,
  ],
  [
    "no price",
    { estimate: { tokens: 12, cost_usd: null } },
    `${CARRY} (local-hashing-v1), which search does not compare; about 12 tokens, price unknown. ${NEXT}`,
  ],
  [
    "an embedder that is free",
    { estimate: { tokens: 12, cost_usd: 0 } },
    `${CARRY} (local-hashing-v1), which search does not compare; about 12 tokens, at no cost. ${NEXT}`,
  ],
  [
    "texts that could not be read",
    { estimate: null },
    `${CARRY} (local-hashing-v1), which search does not compare. ${NEXT}`,
  ],
] as const) {
  test(`the line for ${what}`, () => {
    assert.equal(otherModelsLine({ ...OTHERS, ...changes }), line);
  });
}

test("three models are named; one of two lengths by its length, one without a name as unknown", () => {
  const of = (...names: [string | null, number | null][]) =>
    otherModelsLine({
      ...OTHERS,
      models: names.map(([model, dimensions]) => ({ model, dimensions, records: 1 })),
    });
  assert.match(of(["a", 8], ["a", 4]), /\(a with 8 dimensions, a with 4 dimensions\)/);
  assert.match(of([null, null], ["a", 8]), /\(an unknown model, a\)/);
  assert.match(of(["a", 1], ["b", 1], ["c", 1], ["d", 1], ["e", 1]), /\(a, b, c and 2 more\)/);
});

test("indices of another length are one line, with the way out; others are none of it", () => {
  const model = { model: "m", dimensions: 32 };
  assert.equal(otherDimensionsLine([{ index: "shut" }], model), undefined);
  const one = otherDimensionsLine([{ index: "shut" }, { index: "a", dimensions: 64 }], model);
  assert.match(
    one ?? "",
    /^a is mapped for vectors of length 64, but EMBEDDING_DIMENSIONS is 32 \(m\): nothing there is searched, embedded or paid for\. Set EMBEDDING_DIMENSIONS=64 where .*, or reindex into an index made after init/,
  );
  const two = [
    { index: "a", dimensions: 64 },
    { index: "b", dimensions: 8 },
  ];
  assert.match(otherDimensionsLine(two, model) ?? "", /^a and 1 more are mapped .* 64 or 8, /);
});

test("of a model that makes one length only, what is set depends on which is the greater", () => {
  const own = { ownDimensions: 384 };
  assert.match(settingsForLength(1536, {}), /^EMBEDDING_DIMENSIONS=1536 where the model can/);
  assert.match(settingsForLength(1536, own), /^EMBEDDING_DIMENSIONS=1536 and LOCAL_PAD=true /);
  assert.match(settingsForLength(384, own), /^EMBEDDING_DIMENSIONS=384, or VECTOR_FIELD/);
  assert.match(settingsForLength(256, own), /^VECTOR_FIELD to a second field$/);
  const byDefault = { ...own, chosenBy: "default" as const, localDefault: DEFAULT };
  assert.match(settingsForLength(1536, byDefault), /second field, or EMBEDDING_MODEL=hashing /);
  const named = { ...own, chosenBy: "settings" as const };
  assert.doesNotMatch(settingsForLength(1536, named), /hashing/);
});

test("hashing that no setting names says why, and the settings that fit the fields as they are mapped", () => {
  const of = (dimensions: number, chosenBy: NonNullable<ModelInForce["chosenBy"]>) =>
    unnamedHashing({ model: "local-hashing-v1", dimensions, chosenBy, localDefault: DEFAULT });
  const stored = of(1536, "stored_vectors");
  assert.match(
    stored?.detail ?? "",
    /there are vectors of hashing .* and none of all-minilm-l6-v2/,
  );
  assert.match(
    stored?.action ?? "",
    /set EMBEDDING_MODEL=all-minilm-l6-v2, EMBEDDING_DIMENSIONS=1536 and LOCAL_PAD=true .*, then run log-vectorizer reembed\. .* set EMBEDDING_MODEL=hashing\.$/,
  );
  const equal = of(384, "stored_vectors");
  assert.match(equal?.action ?? "", /set EMBEDDING_MODEL=all-minilm-l6-v2, then run/);
  const short = of(64, "dimensions");
  assert.match(short?.detail ?? "", /cannot make vectors of length 64 \(EMBEDDING_DIMENSIONS\)/);
  assert.match(short?.action ?? "", /all-minilm-l6-v2 and VECTOR_FIELD to a second field, then/);
  assert.equal(of(384, "default"), undefined);
  assert.equal(of(1536, "settings"), undefined);
});
