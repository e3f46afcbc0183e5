import assert from "node:assert/strict";
import { test } from "node:test";
import { openZip } from "../../../../../src/adapters/local-embedder/convert/zip.ts";
import { zipOf } from "../../../../support/zip-archive.ts";

const FILES = { "a.txt": "first ".repeat(50), "folder/b.txt": "second" };

for (const isPacked of [true, false]) {
  test(`reads ${isPacked ? "packed" : "stored"} files by name`, () => {
    const read = openZip(zipOf(FILES, isPacked));
    assert.equal(read("folder/b.txt").toString(), FILES["folder/b.txt"]);
    assert.equal(read("a.txt").toString(), FILES["a.txt"]);
    assert.throws(() => read("c.txt"), /has no c\.txt/);
  });
}

test("a byte that changed on the way is seen", () => {
  const archive = zipOf(FILES, false);
  archive.write("FIRST", 30 + 5 + 5);
  assert.throws(() => openZip(archive)("a.txt"), /a\.txt is damaged/);
});

test("bytes that are not a zip archive, and half an archive, are refused", () => {
  const archive = zipOf(FILES, true);
  assert.throws(() => openZip(Buffer.from("no archive")), /not a zip archive/);
  assert.throws(() => openZip(archive.subarray(0, archive.length / 2)), /not a zip archive/);
});

test("a file of a size that no model has is not unpacked", () => {
  const archive = zipOf({ "bomb.bin": "x" }, true);
  archive.writeUInt32LE(0xfffffff0, archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
  assert.throws(() => openZip(archive), /bomb\.bin cannot be read/);
});
