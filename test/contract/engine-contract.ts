import assert from "node:assert/strict";
import { test } from "node:test";
import type { Engine, Workspace } from "../../src/adapters/local-embedder/engine.ts";
import type { ModelName } from "../../src/adapters/local-embedder/local-embedder.ts";
import { openWorkspace, readReference } from "../support/local-models.ts";

/** What every engine of a model in this process holds; the model's file must be there. */
export function engineContract(model: ModelName, create: (workspace: Workspace) => Engine): void {
  test("splits texts into the tokens of the reference", async () => {
    const engine = create(await openWorkspace(model));
    const { tokens } = readReference(model);
    assert.ok(tokens.length > 300);
    for (const [text, ids] of tokens) assert.deepEqual(engine.tokenize(text).ids, ids, text);
  });

  test("cuts long texts at 256 tokens and keeps the last mark", async () => {
    const engine = create(await openWorkspace(model));
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

  test("gives a text the same vector, bit by bit, whatever texts are beside it", async () => {
    const engine = create(await openWorkspace(model));
    const texts = readReference(model).texts.filter((_, i) => i % 16 === 0);
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
}
