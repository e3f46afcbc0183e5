import assert from "node:assert/strict";
import { test } from "node:test";
import { isBlank, textHash } from "../../src/enrichment/text.ts";

test("the hash is SHA-256 of the UTF-8 text in hex", () => {
  assert.equal(textHash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.notEqual(textHash("ä"), textHash("a"));
  assert.notEqual(textHash("abc "), textHash("abc"));
});

for (const blank of ["", " ", "\t\n\r ", "\u00a0\u2003"]) {
  test(`${JSON.stringify(blank)} is blank`, () => assert.ok(isBlank(blank)));
}

for (const text of ["x", " . ", "\u0000"]) {
  test(`${JSON.stringify(text)} is not blank`, () => assert.ok(!isBlank(text)));
}
