import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { openZip } from "../../../../../src/adapters/local-embedder/convert/zip.ts";

/** A zip archive of the files; `isPacked` as most are. */
function zipOf(files: Record<string, string>, isPacked: boolean): Buffer {
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const stored = isPacked ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(5, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(isPacked ? 8 : 0, 10);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(stored.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    entries.push(entry, Buffer.from(name));
    parts.push(local, Buffer.from(name), Buffer.from("extra"), stored);
    at += 30 + name.length + 5 + stored.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(7, 20);
  return Buffer.concat([...parts, directory, end, Buffer.from("comment")]);
}

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

test("what is no archive, or half of one, is refused", () => {
  const archive = zipOf(FILES, true);
  assert.throws(() => openZip(Buffer.from("no archive")), /not a zip archive/);
  assert.throws(() => openZip(archive.subarray(0, archive.length / 2)), /not a zip archive/);
});

test("a file of a size that no model has is not unpacked", () => {
  const archive = zipOf({ "bomb.bin": "x" }, true);
  archive.writeUInt32LE(0xfffffff0, archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
  assert.throws(() => openZip(archive), /bomb\.bin cannot be read/);
});
