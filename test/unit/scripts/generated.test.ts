import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileOf, withBlock } from "../../../scripts/generated/block.ts";
import { BLOCKS, FILES } from "../../../scripts/generated/blocks.ts";

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

test("a file without the marks is not written over", () => {
  const [block] = BLOCKS;
  assert.ok(block);
  assert.throws(() => withBlock("# nothing", block), /lost the marks/);
});
