import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { count } from "../../../src/domain/count.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");

for (const [number, noun, said] of [
  [0, "record", "0 records"],
  [1, "record", "1 record"],
  [2, "record", "2 records"],
  [1, "index", "1 index"],
  [2, "index", "2 indices"],
  [2, "batch", "2 batches"],
  [2, "class", "2 classes"],
  [1, "try", "1 try"],
  [2, "try", "2 tries"],
  [2, "day", "2 days"],
] as const) {
  test(`${number} of the noun ${noun} is ${said}`, () => assert.equal(count(number, noun), said));
}

const NOUNS =
  "records|logs|documents|indices|shards|partitions|topics|messages|letters|texts|tokens|vectors|dimensions|values|" +
  "requests|batches|cycles|runs|errors|files|minutes|hours|days|times|processes|entries|lines|intervals|replicas";
/** A number that is put in front of a plural; a constant, in capitals, is never one. */
const FIXED_PLURAL = new RegExp(`\\$\\{(?![A-Z_]+\\})[^{}]*\\} (?:${NOUNS})\\b(?!/s)`, "g");
/** No number, or one that is never 1. */
const FINE = new Set([
  '${levels.join(", ")} logs',
  "${known.times} times",
  "${hours} hours",
  "${Math.floor(s / 86_400)} days",
  "${maxCharacters} letters",
]);

test("no sentence of ours puts a plural behind whatever number comes: count() says which it is", async () => {
  const found: string[] = [];
  for await (const file of glob("{src,scripts}/**/*.{ts,js,mjs}", { cwd: CHECKOUT })) {
    // What is measured there is of many.
    if (file.startsWith("scripts/bench/")) continue;
    const text = await readFile(join(CHECKOUT, file), "utf8");
    for (const [phrase] of text.matchAll(FIXED_PLURAL)) {
      if (!FINE.has(phrase)) found.push(`${file}: ${phrase}`);
    }
  }
  assert.deepEqual(found, []);
});
