import assert from "node:assert/strict";
import { test } from "node:test";
import { isSeverityNumber, severityName, severityNumbers } from "../../../src/domain/severity.ts";

const NUMBERS: [level: string, numbers: number[]][] = [
  ["ERROR", [17, 18, 19, 20]],
  ["err", [17, 18, 19, 20]],
  ["Warning", [13, 14, 15, 16]],
  ["FATAL", [21, 22, 23, 24]],
  ["critical", [21, 22, 23, 24]],
  ["17", [17]],
  ["disaster", []],
];

for (const [level, numbers] of NUMBERS) {
  test(`${level} is OpenTelemetry's ${numbers.join(", ") || "nothing"}`, () => {
    assert.deepEqual(severityNumbers(level), numbers);
  });
}

test("a number from 1 to 24 has a name, and nothing else is changed", () => {
  const names = ["1", "4", "9", "16", "17.0", "20", "24"].map(severityName);
  assert.deepEqual(names, ["TRACE", "TRACE", "INFO", "WARN", "ERROR", "ERROR", "FATAL"]);
  for (const other of ["0", "25", "ERROR", "", "-1"]) assert.equal(severityName(other), other);
});

test("the field that holds such a number is known by its name", () => {
  for (const name of ["severityNumber", "severity_number", "SeverityNumber", "severity.number"]) {
    assert.ok(isSeverityNumber(name), name);
  }
  for (const name of ["severity", "level", "number", "severity.text"]) {
    assert.ok(!isSeverityNumber(name), name);
  }
});
