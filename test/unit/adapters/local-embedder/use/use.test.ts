import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { skipWithout } from "../../../../../scripts/models/model-folder.ts";
import { createUse } from "../../../../../src/adapters/local-embedder/use/use.ts";
import {
  aloneVectors,
  cosine,
  openWorkspace,
  readReference,
} from "../../../../support/local-models.ts";

const MODEL = "use-multilingual-v3";

suite(MODEL, { skip: skipWithout(MODEL) }, () => {
  test("splits texts into the tokens of the reference", async () => {
    const engine = createUse(await openWorkspace(MODEL));
    const { tokens } = readReference(MODEL);
    assert.ok(tokens.length > 300);
    for (const [text, ids] of tokens) assert.deepEqual(engine.tokenize(text).ids, ids, text);
  });

  test("cuts long texts at 256 tokens and keeps the last mark", async () => {
    const engine = createUse(await openWorkspace(MODEL));
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
    const engine = createUse(await openWorkspace(MODEL));
    const { texts } = readReference(MODEL);
    const vectors = aloneVectors(
      engine,
      texts.map(({ text }) => text),
    );
    const cosines = texts.map(({ vector }, i) => cosine(vector, vectors[i] ?? []));
    assert.ok(texts.length >= 500);
    assert.ok(Math.min(...cosines) >= 0.9999, `least ${Math.min(...cosines)}`);
  });

  test("gives a text the same vector, bit by bit, whatever texts are beside it", async () => {
    const engine = createUse(await openWorkspace(MODEL));
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
