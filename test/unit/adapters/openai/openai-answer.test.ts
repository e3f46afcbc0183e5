import assert from "node:assert/strict";
import { test } from "node:test";
import { readOpenAiAnswer } from "../../../../src/adapters/openai/openai-embedder.ts";

const CONTEXT = {
  at: "openai at http://host/v1",
  model: "m",
  secrets: [],
  texts: [],
  timeoutMs: 1000,
  nowMs: 0,
  hints: { credentials: "", model: "", address: "" },
};

const headers = new Headers();

function vectorsOf(data: unknown[], count: number) {
  const { vectors } = readOpenAiAnswer({ body: { data }, headers }, count, CONTEXT);
  return vectors.map((vector) => vector?.[0] ?? null);
}

test("without any index, the order counts where the number fits", () => {
  assert.deepEqual(vectorsOf([{ embedding: [1] }, { embedding: [2] }], 2), [1, 2]);
  assert.deepEqual(vectorsOf([{ embedding: [1], index: null }], 1), [1]);
});

test("without any index and with another number, nothing is guessed", () => {
  assert.deepEqual(vectorsOf([{ embedding: [1] }], 2), [null, null]);
  assert.deepEqual(vectorsOf([{ embedding: [1] }, { embedding: [2] }], 1), [null]);
});

test("an entry without an index among others with one is left out", () => {
  assert.deepEqual(vectorsOf([{ embedding: [1] }, { embedding: [2], index: 0 }], 2), [2, null]);
});

test("an embedding of another form costs only its own text", () => {
  const data = [
    { index: 0, embedding: { values: [1] } },
    { index: 1, embedding: [2] },
  ];
  assert.deepEqual(vectorsOf(data, 2), [null, 2]);
});

const USAGES: [unknown, number | null][] = [
  [{ total_tokens: 7, prompt_tokens: 5 }, 7],
  [{ prompt_tokens: 5 }, 5],
  [{}, null],
  [null, null],
  [undefined, null],
  ["odd", null],
  [{ total_tokens: -7 }, null],
  [{ total_tokens: 1e300 }, null],
];

for (const [usage, tokens] of USAGES) {
  test(`usage ${JSON.stringify(usage)} counts ${tokens} tokens`, () => {
    assert.equal(
      readOpenAiAnswer({ body: { data: [], usage }, headers }, 0, CONTEXT).tokens,
      tokens,
    );
  });
}

const NONSENSE: [string, unknown, RegExp][] = [
  ["a page", "<html>hello</html>", /: the answer holds no embeddings$/],
  ["null", null, /: the answer holds no embeddings$/],
  ["another API", { choices: [] }, /: the answer holds no embeddings$/],
  ["an error in a 200", { error: { message: "no upstream" } }, /no embeddings: no upstream$/],
];

for (const [name, body, message] of NONSENSE) {
  test(`${name} is an outage`, () => {
    assert.throws(() => readOpenAiAnswer({ body, headers }, 1, CONTEXT), {
      kind: "outage",
      message,
    });
  });
}

test("a refusal in a 200 is the refusal that it says it is", () => {
  const answer = { body: { error: { code: 402, message: "No credits." } }, headers };
  assert.throws(() => readOpenAiAnswer(answer, 1, CONTEXT), {
    kind: "quota",
    message: "openai at http://host/v1: 402 No credits.",
  });
});

test("the provider's remaining limits are returned with the vectors", () => {
  const limits = new Headers({
    "x-ratelimit-remaining-requests": "2999",
    "x-ratelimit-reset-requests": "20ms",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "6m0s",
  });
  const answer = readOpenAiAnswer({ body: { data: [] }, headers: limits }, 0, CONTEXT);
  assert.deepEqual(answer.allowance, {
    requests: { remaining: 2999, resetMs: 20 },
    tokens: { remaining: 0, resetMs: 360_000 },
  });
  const silent = readOpenAiAnswer({ body: { data: [] }, headers }, 0, CONTEXT);
  assert.ok(!("allowance" in silent));
});
