import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { skipWithout } from "../../../../../scripts/models/model-folder.ts";
import { createMiniLm } from "../../../../../src/adapters/local-embedder/minilm/minilm.ts";
import { engineContract } from "../../../../contract/engine-contract.ts";
import {
  aloneVectors,
  cosine,
  openWorkspace,
  readReference,
} from "../../../../support/local-models.ts";

const MODEL = "all-minilm-l6-v2";

suite(MODEL, { skip: skipWithout(MODEL) }, () => {
  engineContract(MODEL, createMiniLm);

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
});
