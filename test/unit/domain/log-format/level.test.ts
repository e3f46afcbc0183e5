import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readLevel, wantedLevels, writtenLevel } from "../../../../src/domain/log-format/level.ts";

const LEVELS: [value: unknown, field: string, level: string | undefined][] = [
  ["ERROR ", "level", "ERROR"],
  ["[error]", "level", "ERROR"],
  ["\u001b[31merror\u001b[39m", "level", "ERROR"],
  ["Err:", "level", "ERROR"],
  ["E", "level", "ERROR"],
  ["w", "level", "WARN"],
  ["EROR", "level", "ERROR"],
  ["SEVERITY_NUMBER_ERROR2", "severityNumber", "ERROR"],
  ["Information", "@l", "INFO"],
  [["fatal"], "level", "FATAL"],
  [17, "level", "ERROR"],
  ["17", "severity", "ERROR"],
  [10, "severityNumber", "INFO"],
  [10, "level", "TRACE"],
  [50, "level", "ERROR"],
  [60, "level", "FATAL"],
  [35, "level", "INFO"],
  [3, "level", "ERROR"],
  ["3", "PRIORITY", "ERROR"],
  [11, "syslog.priority", "ERROR"],
  [0, "PRIORITY", "EMERGENCY"],
  [40, "levelno", "ERROR"],
  [4, "LogLevel", "ERROR"],
  [500, "severity", "ERROR"],
  [400, "level", "ERROR"],
  [40_000, "level_value", "ERROR"],
  ["ERROR+2", "level", "ERROR"],
  ["WARN-1", "level", "WARN"],
  ["ERRO", "level", "ERROR"],
  ["FATA", "level", "FATAL"],
  ["Fault", "messageType", "CRITICAL"],
  [3, "severityLevel", "ERROR"],
  [0, "severityLevel", "TRACE"],
  ["errors", "level", undefined],
  ["ERROR+", "level", undefined],
  ["", "level", undefined],
  [null, "level", undefined],
  [{ name: "ERROR" }, "level", undefined],
  ["3.5", "level", undefined],
];

suite("a level is read by its name, its letter, or the number of its field's scale", () => {
  for (const [value, field, level] of LEVELS) {
    test(`${field} ${JSON.stringify(value)} is ${level ?? "none"}`, () => {
      assert.equal(readLevel(value, field), level);
    });
  }
});

test("a level that is spelt out stays as it is written, another is named", () => {
  const written = ["Warning", "[error]", "E", "17", "SEVERE", "custom", " "].map((value) =>
    writtenLevel(value, "level"),
  );
  assert.deepEqual(written, ["Warning", "error", "ERROR", "ERROR", "ERROR", "custom", undefined]);
});

test("a value equal to a wanted level also looks like one, and its pattern finds it", () => {
  const wanted = wantedLevels(["ERROR", "oops"]);
  const pattern = new RegExp(wanted.pattern, "i");
  for (const value of [
    "ERROR",
    "oops",
    "Oops ",
    "[ERROR]",
    "E",
    "17",
    17,
    "err",
    "severe",
    "ERROR+2",
  ]) {
    assert.ok(wanted.looksLike(value, "level"), String(value));
    assert.match(JSON.stringify({ level: value }), pattern);
  }
  assert.deepEqual(
    ["error", "ERROR ", "E", "17", "oops"].map((value) => wanted.equals(value)),
    [true, false, false, false, true],
  );
  for (const value of ["INFO", "FATAL", 30, 9, "", null]) {
    assert.ok(!wanted.looksLike(value, "level"), String(value));
  }
});
