import assert from "node:assert/strict";
import { test } from "node:test";
import { createWordPiece } from "../../../../src/adapters/local-embedder/tokenizers.ts";

const VOCABULARY = "[UNK] [CLS] [SEP] disk full ##s ##full : ! cafe a ##σ [ sep ] 漢 字 ab".split(
  " ",
);
const wordPiece = createWordPiece(VOCABULARY, 8);
const pieces = (text: string) =>
  wordPiece(text)
    .ids.map((id) => VOCABULARY[id])
    .slice(1, -1);

test("takes the longest piece from the left, and a word without pieces as unknown", () => {
  assert.deepEqual(pieces("Disks DISKFULL disk9"), ["disk", "##s", "disk", "##full", "[UNK]"]);
});

test("separates punctuation and Chinese characters, and takes accents off", () => {
  assert.deepEqual(pieces("disk:full!"), ["disk", ":", "full", "!"]);
  assert.deepEqual(pieces("Café漢字a"), ["cafe", "漢", "字", "a"]);
});

test("lowers every sigma to the same letter, also at the end of a word", () => {
  assert.deepEqual(pieces("AΣ"), ["a", "##σ"]);
});

test("drops control characters, and parts words at line ends and tabs", () => {
  assert.deepEqual(pieces("a\u000bb a\u0000b"), ["ab", "ab"]);
  assert.deepEqual(pieces("disk\tfull\ndisk\r\nfull"), ["disk", "full", "disk", "full"]);
});

test("takes the name of a mark in a text for words", () => {
  assert.deepEqual(pieces("[SEP]"), ["[", "sep", "]"]);
});

test("a word of more than 100 characters is unknown", () => {
  assert.deepEqual(pieces("a".repeat(101)), ["[UNK]"]);
});

test("cuts what is too long, and says so", () => {
  const exact = wordPiece("disk ".repeat(6));
  assert.deepEqual([exact.ids.length, exact.isCut], [8, false]);
  const longer = wordPiece("disk ".repeat(7));
  assert.deepEqual([longer.ids.length, longer.isCut], [8, true]);
  assert.equal(longer.ids.at(-1), VOCABULARY.indexOf("[SEP]"));
});
