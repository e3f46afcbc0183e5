import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { encodingOf } from "../../src/domain/log-format/json.ts";

/** A file that cannot be read as a log, for a reason that its owner can do something about. */
export class LogFileError extends Error {}

/** A small file may unpack to any size. */
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** What is read as one document must fit into memory; logs in lines may have any length. */
const MAX_DOCUMENT_BYTES = 256 * 1024 ** 2;
const HEAD_BYTES = 64 * 1024;
/** The rest of a longer line is dropped. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

const UNPACK: readonly [magic: string, name: string, create: () => Transform][] = [
  ["1f8b", "gzip", createGunzip],
  ["28b52ffd", "zstd", createZstdDecompress],
];
const NO_TEXT: readonly [magic: string, what: string][] = [
  ["425a68", "a bzip2 archive: unpack it with bunzip2"],
  ["fd377a585a00", "an xz archive: unpack it with unxz"],
  ["504b0304", "a zip archive: unpack it"],
  ["377abcaf271c", "a 7z archive: unpack it"],
  ["4c504b5348485248", "a journal: write it as text with journalctl --file FILE -o json"],
  [
    "456c6646696c6500",
    "a Windows event log: write it as text with wevtutil qe FILE /lf:true /f:text",
  ],
  ["7f454c46", "a program"],
  ["4d5a9000", "a program"],
  ["25504446", "a PDF document"],
  ["89504e47", "a picture"],
  ["ffd8ff", "a picture"],
  ["53514c69746520666f726d6174", "a SQLite database"],
  ["50415231", "a Parquet file"],
  ["d4c3b2a1", "a packet capture"],
];

/** The bytes of a file, unpacked. Throws a LogFileError for what is no text. */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const start = await readStart(path);
  const packed = UNPACK.find(([magic]) => start.toString("hex").startsWith(magic));
  const file = createReadStream(path);
  const unpack = packed?.[2]();
  if (unpack) file.on("error", (error) => unpack.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of unpack ? file.pipe(unpack) : file) {
      if (!Buffer.isBuffer(chunk)) continue;
      if (bytes === 0) refuseNoText(path, chunk);
      bytes += chunk.length;
      if (packed && bytes > MAX_UNPACKED_BYTES) {
        throw new LogFileError(`${path} unpacks to more than 4 GiB: give a part of it`);
      }
      yield chunk;
    }
  } catch (error) {
    if (!packed || error instanceof LogFileError || !(error instanceof Error)) throw error;
    throw new LogFileError(`${path}: its ${packed[1]} data is broken: ${error.message}`);
  } finally {
    file.destroy();
    unpack?.destroy();
  }
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    if ((await file.stat()).isDirectory())
      throw new LogFileError(`${path} is a folder: name files`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function refuseNoText(path: string, chunk: Buffer): void {
  const refuse = (what: string) => new LogFileError(`${path} is no text but looks like ${what}`);
  const hex = chunk.subarray(0, 16).toString("hex");
  const known = NO_TEXT.find(([magic]) => hex.startsWith(magic));
  if (known) throw refuse(known[1]);
  if (chunk.subarray(257, 262).toString("latin1") === "ustar") {
    throw refuse("a tar archive: unpack it and name the files in it");
  }
  if (encodingOf(chunk) !== "utf-8" || isJournalExport(chunk)) return;
  const head = chunk.subarray(0, HEAD_BYTES);
  const zero = head.indexOf(0);
  if (zero === -1) return;
  const everySecond = head.filter((byte, at) => byte === 0 && at % 2 === zero % 2).length;
  if (everySecond > head.length / 4) {
    throw refuse("UTF-16 without a byte order mark: convert it to UTF-8");
  }
  throw refuse(`binary data: there is a zero byte at ${zero}`);
}

/** The one layout of text in which lengths stand as bytes. */
export function isJournalExport(bytes: Buffer): boolean {
  return /^(?:__CURSOR|__REALTIME_TIMESTAMP|_[A-Z_]+|[A-Z_]+)=.*\n[A-Z_0-9]+(?:=|\n)/.test(
    bytes.subarray(0, 4096).toString("latin1"),
  );
}

/** Decoded by the byte order mark, which is left out. */
async function* readText(path: string): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of readBytes(path)) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder?.decode() ?? "";
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const COLOURS = /\u001b\[[\d;]*[mK]/g;

/** The lines of a file, without the colours that consoles show. */
export async function* readLines(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const text of readText(path)) {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LINE_CHARACTERS);
    for (const line of lines) yield clean(line);
  }
  if (rest !== "") yield clean(rest);
}

function clean(line: string): string {
  const whole = line.endsWith("\r") ? line.slice(0, -1) : line;
  return whole.includes("\u001b") ? whole.replaceAll(COLOURS, "") : whole;
}

/** A file that is read as a whole. Throws a LogFileError where it is too large for that. */
export async function readDocument(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readBytes(path)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new LogFileError(
        `${path} is one document of more than 256 MiB: give JSON lines, or a part`,
      );
    }
  }
  return Buffer.concat(chunks);
}
