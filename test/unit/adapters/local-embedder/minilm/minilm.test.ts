import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { skipWithout } from "../../../../../scripts/models/model-folder.ts";
import { createMiniLm } from "../../../../../src/adapters/local-embedder/minilm/minilm.ts";
import {
  aloneVectors,
  cosine,
  openWorkspace,
  readReference,
} from "../../../../support/local-models.ts";

const MODEL = "all-minilm-l6-v2";

suite(MODEL, { skip: skipWithout(MODEL) }, () => {
  test("splits texts into the tokens of the reference", async () => {
    const engine = createMiniLm(await openWorkspace(MODEL));
    const { tokens } = readReference(MODEL);
    assert.ok(tokens.length > 300);
    for (const [text, ids] of tokens) assert.deepEqual(engine.tokenize(text).ids, ids, text);
  });

  test("cuts long texts at 256 tokens and keeps the last mark", async () => {
    const engine = createMiniLm(await openWorkspace(MODEL));
    const [end] = engine.tokenize("").ids.slice(-1);
    for (const [words, isCut] of [
      [254, false],
      [255, true],
      [2000, true],
    ] as const) {
      const tokens = engine.tokenize("disk ".repeat(words));
      assert.deepEqual([tokens.ids.length, tokens.ids.at(-1), tokens.isCut], [256, end, isCut]);
    }
    assert.equal(engine.tokenize("disk ".repeat(253)).ids.length, 255);
  });

  test("gives the vectors of the reference", async () => {
    const engine = createMiniLm(await openWorkspace(MODEL));
    const { texts } = readReference(MODEL);
    const vectors = aloneVectors(
      engine,
      texts.map(({ text }) => text),
    );
    const cosines = texts.map(({ vector }, i) => cosine(vector, vectors[i] ?? []));
    const mean = cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
    // The weights are int8, the reference is float32. Texts without a word are the farthest from it.
    assert.ok(texts.length > 150);
    assert.ok(mean >= 0.99, `mean ${mean}`);
    texts.forEach(({ text }, i) => {
      const least = /[a-z]{2}/i.test(text) ? 0.98 : 0.97;
      assert.ok((cosines[i] ?? 0) >= least, `${cosines[i]}: ${text}`);
    });
  });

  test("gives a text the same vector, bit by bit, whatever texts are beside it", async () => {
    const engine = createMiniLm(await openWorkspace(MODEL));
    const texts = readReference(MODEL).texts.filter((_, i) => i % 16 === 0);
    const ids = texts.map(({ text }) => engine.tokenize(text).ids.slice(0, 40));
    const alone = ids.flatMap((each) => engine.embed([each]));
    for (const size of [2, 5]) {
      const batches = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) =>
        ids.slice(i * size, (i + 1) * size),
      );
      assert.deepEqual(
        batches.flatMap((batch) => engine.embed(batch)),
        alone,
      );
      assert.deepEqual(
        batches.flatMap((batch) => engine.embed(batch.toReversed()).toReversed()),
        alone,
      );
    }
  });
});
