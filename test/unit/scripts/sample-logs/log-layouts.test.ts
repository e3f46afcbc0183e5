import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { z } from "zod";
import { inspectLogFile, parseLogFile } from "../../../../scripts/sample-logs/parse-log-file.ts";
import { LogFileError } from "../../../../scripts/sample-logs/read-text.ts";

const FOLDER = join(import.meta.dirname, "../../../fixtures/log-layouts");
const EXPECTED = ".expected.json";
const names = readdirSync(FOLDER);
const inputs = names.filter((name) => !name.endsWith(EXPECTED));

const expectedShape = z.object({
  format: z.string(),
  /** The layout leaves the year out, so it follows from the day on which this runs. */
  yearless: z.boolean().optional(),
  records: z.array(z.record(z.string(), z.string())),
});

suite("every layout is read to its time, level, message and service", () => {
  for (const name of inputs) {
    test(name, async () => {
      const path = join(FOLDER, name);
      const expected = expectedShape.parse(
        JSON.parse(await readFile(`${path}${EXPECTED}`, "utf8")),
      );
      const { format, hasLevels } = await inspectLogFile(path);
      assert.equal(format.name, expected.format);
      assert.ok(hasLevels, "its levels are recognised");
      const records = await Array.fromAsync(parseLogFile(path));
      const shown = records.map(({ timestamp, ...rest }) => ({
        ...(timestamp === undefined
          ? {}
          : { timestamp: expected.yearless ? timestamp.slice(5) : timestamp }),
        ...rest,
      }));
      assert.deepEqual(shown, expected.records);
    });
  }

  test("each expectation has its input", () => {
    const orphans = names.filter(
      (name) => name.endsWith(EXPECTED) && !inputs.includes(name.slice(0, -EXPECTED.length)),
    );
    assert.deepEqual(orphans, []);
    assert.ok(inputs.length >= 150, `${inputs.length} layouts`);
  });
});

const REFUSED: [name: string, bytes: Buffer, reason: RegExp][] = [
  ["a.bz2", Buffer.from("BZh91AY&SY"), /a\.bz2 is no text but looks like a bzip2 archive/],
  ["a.evtx", Buffer.from("ElfFile\0\0\0"), /looks like a Windows event log: .*wevtutil/],
  ["a.journal", Buffer.from("LPKSHHRH\0\0"), /looks like a journal: .*journalctl/],
  ["a.png", Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2]), /looks like a picture/],
  ["a.bin", Buffer.from("abc\0def"), /looks like binary data: there is a zero byte at 3/],
  ["a16.log", Buffer.from("2026-11-29 ERROR x", "utf16le"), /UTF-16 without a byte order mark/],
  ["packed.gz", gzipSync(Buffer.from("abc\0def")), /packed\.gz is no text but looks like binary/],
  [
    "cut.gz",
    gzipSync(Buffer.from("2026-11-29 10:00:00 ERROR x\n".repeat(99))).subarray(0, 30),
    /cut\.gz: its gzip data is broken/,
  ],
  [
    "cut.zst",
    zstdCompressSync(Buffer.from("2026-11-29 10:00:00 ERROR x\n".repeat(99))).subarray(0, 12),
    /cut\.zst: its zstd data is broken/,
  ],
  [
    "logs.tar",
    Buffer.concat([Buffer.alloc(257, "a"), Buffer.from("ustar\0")]),
    /looks like a tar archive/,
  ],
];

suite("a file that is not text is refused by name", () => {
  for (const [name, bytes, reason] of REFUSED) {
    test(name, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "no-text-"));
      t.after(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, name), bytes);
      await assert.rejects(inspectLogFile(join(folder, name)), (error) => {
        assert.ok(error instanceof LogFileError, String(error));
        assert.match(error.message, reason);
        return true;
      });
    });
  }
});
