import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test } from "node:test";
import { skipWithout } from "../../../../../scripts/models/model-folder.ts";
import { MODELS } from "../../../../../src/adapters/local-embedder/local-embedder.ts";
import { createMiniLm } from "../../../../../src/adapters/local-embedder/minilm/minilm.ts";
import { engineContract } from "../../../../contract/engine-contract.ts";
import {
  aloneVectors,
  cosine,
  hashOf,
  openWorkspace,
  readReference,
} from "../../../../support/local-models.ts";

const MODEL = "all-minilm-l6-v2";
/** Of the vectors of every eighth text of the reference, by the model in the stamp. */
const BITS: Record<string, string> = {
  "all-minilm-l6-v2-int8@1": "9f56f3eb6505ccdc9556bcfc14bb865824cde4751c93b400009fbaa141379bc6",
};
/** V8 without instructions that older processors lack, and its first compiler alone. */
const OLDER = [
  ["--no-enable-avx-vnni"],
  ["--no-enable-avx"],
  ["--no-enable-avx", "--liftoff-only"],
];

/** Printed by a process of its own. */
const PRINT = `
  const { createMiniLm } = await import(ENGINE);
  const { aloneVectors, hashOf, openWorkspace, readReference } = await import(SUPPORT);
  const texts = readReference(MODEL).texts.filter((_, i) => i % 8 === 0).map(({ text }) => text);
  console.log(hashOf(aloneVectors(createMiniLm(await openWorkspace(MODEL)), texts)));`;

function bitsUnder(flags: readonly string[]): string {
  const at = (path: string) => JSON.stringify(import.meta.resolve(`../../../../../${path}`));
  const names = {
    ENGINE: at("src/adapters/local-embedder/minilm/minilm.ts"),
    SUPPORT: at("test/support/local-models.ts"),
    MODEL: JSON.stringify(MODEL),
  };
  const script = Object.entries(names).map(([name, value]) => `const ${name} = ${value};`);
  const args = [...flags, "--input-type=module", "-e", script.join("") + PRINT];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return stdout.trim() || stderr;
}

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

  const bits = BITS[MODELS[MODEL].stamp];
  test("has the bits of its version: another number of the engine needs another stamp", async () => {
    const texts = readReference(MODEL).texts.filter((_, i) => i % 8 === 0);
    const engine = createMiniLm(await openWorkspace(MODEL));
    const vectors = aloneVectors(
      engine,
      texts.map(({ text }) => text),
    );
    assert.equal(hashOf(vectors), bits);
  });

  for (const flags of OLDER) {
    const skip = process.arch !== "x64" && "flags of x64 alone";
    test(`has the same bits with ${flags.join(" ")}`, { skip }, () => {
      assert.equal(bitsUnder(flags), bits);
    });
  }
});
