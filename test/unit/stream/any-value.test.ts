import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createLogReader } from "../../../src/stream/read-log.ts";
import { readReference } from "../../../src/stream/read-reference.ts";
import { DEAD_LETTER_CODES, type Reading } from "../../../src/stream/reading.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const { runs = 1000, seed = 17 } = propertyRuns() ?? {};
const PARAMETERS = { numRuns: runs, seed };

const readLog = createLogReader({
  levels: ["ERROR"],
  idField: "log_id",
  indexTemplate: ["logs-", { field: "service" }, "-", { field: "@timestamp", date: "yyyy.MM.dd" }],
});

const NAMES =
  `level severity severityText SeverityNumber log log.level log_id message msg body event index _index _id
service @timestamp timestamp resourceLogs scopeLogs logRecords __proto__ constructor toString length`.split(
    /\s+/,
  );
const TEXTS = [
  "ERROR",
  "error",
  "[ERROR]",
  "E",
  "17",
  "",
  " ",
  "..",
  "_all",
  "a/b",
  "*",
  "\ud800",
  "2026-02-30",
  "1e400",
];

const leaf = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ minLength: 500, maxLength: 700 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { any } = fc.letrec<{ any: unknown; object: unknown; list: unknown }>((tie) => ({
  any: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie("object"), tie("list")),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie("any"), { maxKeys: 6 }),
  list: fc.array(tie("any"), { maxLength: 4 }),
}));

const encoded = (text: string) =>
  fc.constantFrom<Buffer>(
    Buffer.from(text),
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]),
    Buffer.from(text, "latin1"),
  );
const ofJson = any.map((value) => JSON.stringify(value)).chain(encoded);
/** JSON in lines, cut off, with bytes changed, deeply nested, or none at all. */
const values = fc.oneof(
  ofJson,
  fc
    .array(ofJson, { maxLength: 4 })
    .map((lines) => Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]))),
  fc.tuple(ofJson, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1))),
  fc.tuple(ofJson, fc.nat(), fc.nat({ max: 255 })).map(([bytes, at, by]) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[at % changed.length] = by;
    return changed;
  }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom("[", `{"level":"ERROR","a":`).map((open) => Buffer.from(open.repeat(20_000))),
  fc.constant(null),
);

/** Every value comes to something: records for others, documents that can be asked for, or a dead letter that says why. */
function assertReading({ passedOver, targets, problems }: Reading, isEmptyOk: boolean): void {
  assert.ok(Number.isInteger(passedOver) && passedOver >= 0);
  assert.ok(isEmptyOk || passedOver + targets.length + problems.length > 0);
  for (const { id, index } of targets) {
    assert.ok(id !== "" && Buffer.byteLength(id) <= 512);
    // What a request names in its path or body must not mean other indices.
    if (index !== undefined)
      assert.match(index, /^[^\s\\/*?"<>|,#A-Z_+.-][^\s\\/*?"<>|,#A-Z]{0,254}$/u);
  }
  for (const { code, reason } of problems) {
    assert.ok(DEAD_LETTER_CODES.includes(code));
    assert.ok(reason !== "" && reason.length < 500);
  }
}

test("with any value sent, a log is read to its end or becomes a dead letter", () => {
  fc.assert(
    fc.property(values, (value) => {
      // An empty list holds nothing that could be lost.
      assertReading(readLog(value), true);
    }),
    PARAMETERS,
  );
});

test("with any value sent, a reference names a document or becomes a dead letter", () => {
  fc.assert(
    fc.property(values, (value) => assertReading(readReference(value), true)),
    PARAMETERS,
  );
});
