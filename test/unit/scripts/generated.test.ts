import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileOf, withBlock } from "../../../scripts/generated/block.ts";
import { readFile } from "node:fs/promises";
import { BLOCKS } from "../../../scripts/generated/blocks.ts";
import { SCHEMA_FILES } from "../../../scripts/generated/schemas.ts";

// The formatter pads cells.
const squeezed = (text: string) => text.replaceAll(/-{3,}/g, "---").replaceAll(/[ \t]+/g, " ");

for (const block of BLOCKS) {
  test(`${block.file} says of its ${block.name} what the program says`, async () => {
    const text = await readFileOf(block);
    assert.equal(squeezed(text), squeezed(withBlock(text, block)));
  });
}

for (const { name, path, text } of SCHEMA_FILES) {
  test(`schemas/${name}.schema.json says what the program answers`, async () => {
    assert.deepEqual(JSON.parse(await readFile(path, "utf8")), JSON.parse(text));
  });
}

test("a file without the marks is not written over", () => {
  const [block] = BLOCKS;
  assert.ok(block);
  assert.throws(() => withBlock("# nothing", block), /lost the marks/);
});
