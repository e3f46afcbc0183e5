import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileOf, withBlock } from "../../../scripts/generated/block.ts";
import { BLOCKS, FILES } from "../../../scripts/generated/blocks.ts";
import { SCHEMA_FILES } from "../../../scripts/generated/schemas.ts";

// The formatter pads cells, and rewrites some marks of emphasis.
const squeezed = (text: string) => text.replaceAll(/-{3,}/g, "---").replaceAll(/[ \t]+/g, " ");

for (const block of BLOCKS) {
  test(`${block.file} says of its ${block.name} what the program says`, async () => {
    const text = await readFileOf(block);
    assert.equal(squeezed(text), squeezed(withBlock(text, block)));
  });
}

for (const { file, text } of FILES) {
  test(`${file} is what the program says`, async () => {
    const kept = await readFileOf({ file });
    if (file.endsWith(".json")) assert.deepEqual(JSON.parse(kept), JSON.parse(text));
    else assert.equal(kept, text);
  });
}

/** Names of all properties in a JSON Schema, at any depth. */
function propertyNames(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "properties" in schema ? Object.keys(Object(schema.properties)) : [];
  return [...own, ...Object.values(schema).flatMap(propertyNames)];
}

for (const { file, text } of SCHEMA_FILES) {
  test(`${file} has keys in snake_case alone`, () => {
    const names = propertyNames(JSON.parse(text));
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name) => !/^[a-z]+(?:_[a-z0-9]+)*$/.test(name)),
      [],
    );
  });
}

test("a file without the marks is not written over", () => {
  const [block] = BLOCKS;
  assert.ok(block);
  assert.throws(() => withBlock("# nothing", block), /lost the marks/);
});
