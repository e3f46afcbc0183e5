import assert from "node:assert/strict";
import { test } from "node:test";
import {
  firstForm,
  nextForm,
  type RequestForm,
} from "../../../../src/adapters/openai/openai-embedder.ts";

test("dimensions go to every model but ada-002", () => {
  assert.equal(firstForm("text-embedding-3-large", "base64").dimensions, true);
  assert.equal(firstForm("nomic-embed-text", "base64").dimensions, true);
  assert.equal(firstForm("text-embedding-ada-002", "base64").dimensions, false);
});

const BOTH: RequestForm = { dimensions: true, encoding: "base64" };
const MATRYOSHKA = "Model does not support matryoshka representation";

const NEXT: [
  string,
  number,
  { message?: string; param?: string },
  string,
  RequestForm | undefined,
][] = [
  ["dimensions refused", 400, { message: MATRYOSHKA }, "e5", { ...BOTH, dimensions: false }],
  ["dimensions refused as 422", 422, { param: "dimensions" }, "e5", { ...BOTH, dimensions: false }],
  [
    "dimensions of a model that needs them",
    400,
    { param: "dimensions" },
    "text-embedding-3-large",
    undefined,
  ],
  [
    "base64 refused",
    422,
    { message: "unknown encoding_format" },
    "e5",
    { ...BOTH, encoding: "float" },
  ],
  ["a refused text", 400, { message: "too long" }, "e5", undefined],
  ["another status", 500, { message: MATRYOSHKA }, "e5", undefined],
];

for (const [name, status, said, model, expected] of NEXT) {
  test(`after ${name} comes ${JSON.stringify(expected)}`, () => {
    const refusal = { status, headers: new Headers(), message: "", ...said };
    assert.deepEqual(nextForm(BOTH, refusal, model), expected);
  });
}

test("a parameter that was dropped already is not dropped again", () => {
  const plain: RequestForm = { dimensions: false, encoding: "float" };
  for (const message of [MATRYOSHKA, "encoding_format"]) {
    const refusal = { status: 400, headers: new Headers(), message };
    assert.equal(nextForm(plain, refusal, "e5"), undefined);
  }
});
