import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { Fault } from "../../src/domain/faults.ts";
import type { Embedder } from "../../src/ports/embedder.ts";

const TEXTS = [
  "Connection to 10.0.0.7:9000 refused after 3 attempts",
  "java.lang.OutOfMemoryError: Java heap space",
  "disk /dev/sda1 is full",
];

/** Texts that once broke some embedder or its client. */
const ODD_TEXTS = [
  "a",
  " x ",
  "<|endoftext|> in the middle of a log",
  "Zeile\nmit Umlauten äöü ß und 😀",
  "日本語のログ",
  'quotes " and \\ backslashes and \u0000 zero',
  "half a character: \ud83d",
  "------------------------------",
  "word ".repeat(5000),
];

/** What every embedder promises. The factory makes a fresh one and cleans up after the test it is given. */
export function testEmbedderContract(
  name: string,
  create: (t: TestContext) => Embedder | Promise<Embedder>,
): void {
  suite(`embedder contract: ${name}`, () => {
    test("says who it is and what it takes", async (t) => {
      const embedder = await create(t);
      assert.notEqual(embedder.name, "");
      assert.notEqual(embedder.model, "");
      assert.ok(embedder.dimensions >= 1);
      for (const limit of Object.values(embedder.limits)) assert.ok(limit >= 1);
      const price = embedder.pricePerMillionTokens;
      assert.ok(price === null || price >= 0);
    });

    test("gives one sound vector per text", async (t) => {
      const embedder = await create(t);
      const { vectors, tokens } = await embed(embedder, TEXTS);
      assert.equal(vectors.length, TEXTS.length);
      for (const vector of vectors) assertSound(vector, embedder.dimensions);
      assert.ok(tokens === null || tokens >= 0);
    });

    test("puts each vector in the place of its text", async (t) => {
      const embedder = await create(t);
      const { vectors } = await embed(embedder, TEXTS);
      const { vectors: backwards } = await embed(embedder, TEXTS.toReversed());
      assert.deepEqual(backwards.toReversed(), vectors);
      assert.notDeepEqual(vectors[0], vectors[1]);
    });

    test("gives equal texts of equal ids a vector each", async (t) => {
      const embedder = await create(t);
      const [text = ""] = TEXTS;
      const inputs = [text, "another", text].map((each) => ({ text: each, logId: "same" }));
      const { vectors } = await embedder.embed(inputs, t.signal);
      for (const vector of vectors) assertSound(vector, embedder.dimensions);
      assert.deepEqual(vectors[2], vectors[0]);
      assert.notDeepEqual(vectors[1], vectors[0]);
    });

    test("takes odd texts", async (t) => {
      const embedder = await create(t);
      const { vectors } = await embed(embedder, ODD_TEXTS);
      assert.equal(vectors.length, ODD_TEXTS.length);
      for (const vector of vectors) assertSound(vector, embedder.dimensions);
    });

    test("takes as many texts as it says", async (t) => {
      const embedder = await create(t);
      const count = embedder.limits.maxTextsPerRequest;
      const texts = Array.from({ length: count }, (_, i) => `text number ${i}`);
      const { vectors } = await embed(embedder, texts);
      assert.equal(vectors.filter((vector) => vector !== null).length, count);
    });

    test("says of each text or of none whether it read only the beginning", async (t) => {
      const embedder = await create(t);
      const { truncated } = await embed(embedder, ["word ".repeat(5000), ...TEXTS]);
      if (truncated === undefined) return;
      assert.equal(truncated.length, 1 + TEXTS.length);
      assert.deepEqual(
        truncated.slice(1),
        TEXTS.map(() => false),
      );
    });

    test("answers nothing for no texts", async (t) => {
      const embedder = await create(t);
      assert.deepEqual((await embed(embedder, [])).vectors, []);
    });

    test("keeps requests at the same time apart", async (t) => {
      const embedder = await create(t);
      const alone = await Promise.all(TEXTS.map((text) => embed(embedder, [text])));
      const { vectors } = await embed(embedder, TEXTS);
      assert.deepEqual(
        alone.map((answer) => answer.vectors[0]),
        vectors,
      );
    });

    test("leaves its inputs as they were", async (t) => {
      const embedder = await create(t);
      const inputs = TEXTS.map((text, i) => Object.freeze({ text, logId: `id-${i}` }));
      await embedder.embed(Object.freeze(inputs), t.signal);
    });

    test("stops with an outage when the signal aborts", async (t) => {
      const embedder = await create(t);
      const inputs = [{ text: "too late", logId: "1" }];
      const reason = new Error("stopping");
      await assert.rejects(embedder.embed(inputs, AbortSignal.abort(reason)), (error) => {
        assert.ok(error instanceof Fault);
        assert.equal(error.kind, "outage");
        assert.match(error.message, /^\S+.*: stopped while waiting$/);
        return true;
      });
    });
  });

  async function embed(embedder: Embedder, texts: readonly string[]) {
    const inputs = texts.map((text, i) => ({ text, logId: `id-${i}`, traceId: `trace-${i}` }));
    return embedder.embed(inputs, new AbortController().signal);
  }
}

function assertSound(vector: Float32Array | null | undefined, dimensions: number): void {
  assert.ok(vector instanceof Float32Array);
  assert.equal(vector.length, dimensions);
  assert.ok(vector.every(Number.isFinite));
  assert.ok(vector.some((value) => value !== 0));
}
