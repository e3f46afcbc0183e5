import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { skipWithout } from "../../../../../scripts/models/model-folder.ts";
import { createUse } from "../../../../../src/adapters/local-embedder/use/use.ts";
import { engineContract } from "../../../../contract/engine-contract.ts";
import {
  aloneVectors,
  cosine,
  openWorkspace,
  readReference,
} from "../../../../support/local-models.ts";

const MODEL = "use-multilingual-v3";

suite(MODEL, { skip: skipWithout(MODEL) }, () => {
  engineContract(MODEL, createUse);

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
});
