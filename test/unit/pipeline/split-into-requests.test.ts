import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fitToLimit,
  sizeTexts,
  splitIntoRequests,
} from "../../../src/pipeline/split-into-requests.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";

const LIMITS = { maxTextsPerRequest: 3, maxTokensPerText: 10, maxTokensPerRequest: 20 };

function input(text: string) {
  return { text, logId: "1", hash: text };
}

function prepared(texts: readonly string[]) {
  return texts.map((text) => ({ ...input(text), truncated: false }));
}

const COUNTED = "text-embedding-3-large";

async function split(texts: readonly string[], changed: Partial<typeof LIMITS> = {}) {
  const counted = createTokens();
  const limits = { ...LIMITS, ...changed };
  const embedder = { model: COUNTED, limits };
  const sized = await sizeTexts(prepared(texts), embedder, Infinity, counted.tokens);
  const requests = splitIntoRequests(sized, limits);
  return { texts: requests.map((request) => request.map(({ text }) => text)), counted };
}

test("a text whose bytes fit is sent as it is, uncounted", async () => {
  const counted = createTokens();
  const fitted = await fitToLimit(input("a".repeat(10)), LIMITS, counted.tokens);
  assert.deepEqual(fitted, { ...input("a".repeat(10)), truncated: false });
  assert.equal(counted.loads, 0);
});

test("a text with more bytes than tokens allowed is counted, and cut only if it is too long", async () => {
  const counted = createTokens();
  const whole = await fitToLimit(input("a".repeat(40)), LIMITS, counted.tokens);
  assert.equal(whole.text.length, 40);
  assert.equal(whole.truncated, false);
  const cut = await fitToLimit(input("a".repeat(41)), LIMITS, counted.tokens);
  assert.equal(cut.text.length, 40);
  assert.equal(cut.truncated, true);
  assert.equal(cut.hash.length, 41);
  assert.equal(counted.loads, 2);
});

test("bytes, not characters, bound the tokens of a text", async () => {
  const counted = createTokens();
  await fitToLimit(input("日本語日"), LIMITS, counted.tokens);
  assert.equal(counted.loads, 1);
});

test("half a surrogate pair is replaced before it is sent", async () => {
  const { text, truncated } = await fitToLimit(input("a\ud83d"), LIMITS, createTokens().tokens);
  assert.equal(text, "a\ufffd");
  assert.equal(truncated, false);
});

test("splits by count, in order", async () => {
  const { texts, counted } = await split(["a", "b", "c", "d", "e", "f", "g"]);
  assert.deepEqual(texts, [["a", "b", "c"], ["d", "e", "f"], ["g"]]);
  assert.equal(counted.loads, 0);
});

test("splits by tokens, in order", async () => {
  const forty = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(32));
  const { texts, counted } = await split(forty, { maxTextsPerRequest: 100 });
  assert.deepEqual(
    texts.map((request) => request.map((text) => text.charAt(0))),
    [["a", "b"], ["c", "d"], ["e"]],
  );
  assert.equal(counted.loads, 1);
});

test("a request may be filled to its last token", async () => {
  const { texts } = await split(["a".repeat(40), "b".repeat(40), "c".repeat(4)]);
  assert.deepEqual(
    texts.map((request) => request.length),
    [2, 1],
  );
});

test("a text above the request's limit goes alone", async () => {
  const { texts } = await split(["a", "b".repeat(200), "c"]);
  assert.deepEqual(
    texts.map((request) => request.map(({ length }) => length)),
    [[1], [200], [1]],
  );
});

test("no texts make no requests", async () => {
  assert.deepEqual((await split([])).texts, []);
});

for (const [what, model, tokensLeft, atMost, loads] of [
  ["there is room for their bytes", COUNTED, 24, [8, 16], 0],
  ["there is not, and they are counted", COUNTED, 23, [2, 4], 1],
  ["nobody here can count them, and bytes are the bound", "bge-m3", 0, [10, 18], 0],
] as const) {
  test(`the most that texts may be billed for: ${what}`, async () => {
    const counted = createTokens();
    const limits = { ...LIMITS, maxTokensPerText: 1000, maxTokensPerRequest: 1000 };
    const texts = prepared(["a".repeat(8), "b".repeat(16)]);
    const sized = await sizeTexts(texts, { model, limits }, tokensLeft, counted.tokens);
    assert.deepEqual(
      sized.map((text) => text.atMost),
      atMost,
    );
    assert.equal(counted.loads, loads);
  });
}

test("no text is billed for more than the embedder takes of it", async () => {
  const texts = prepared(["a".repeat(40)]);
  const { tokens } = createTokens();
  const [sized] = await sizeTexts(texts, { model: "bge-m3", limits: LIMITS }, 0, tokens);
  assert.equal(sized?.atMost, LIMITS.maxTokensPerText);
});
