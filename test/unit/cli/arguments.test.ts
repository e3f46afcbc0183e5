import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import {
  hitLimit,
  similarity,
  deadLetterCodes,
  time,
  wholeNumber,
} from "../../../src/cli/arguments.ts";

test("reasons of dead letters are read in any case, separated by commas", () => {
  assert.deepEqual(deadLetterCodes("not_json"), ["not_json"]);
  assert.deepEqual(deadLetterCodes(" Refused, NO_ID "), ["refused", "no_id"]);
});

for (const text of ["", "not_json,", "nonsense", "not_json;no_id"]) {
  test(`"${text}" is refused as a reason, and the known ones are named`, () => {
    assert.throws(
      () => deadLetterCodes(text),
      (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, /is none of null_value, not_json, /);
        return true;
      },
    );
  });
}

test("a point in time is ISO 8601", () => {
  assert.equal(time("2026-01-31T12:00:00Z"), Date.UTC(2026, 0, 31, 12));
  assert.equal(time("2026-01-31T12:00:00+02:00"), Date.UTC(2026, 0, 31, 10));
  assert.equal(time("2026-01-31"), Date.UTC(2026, 0, 31));
});

for (const [text, ago] of [
  ["30s", 30_000],
  ["2m", 120_000],
  ["3h", 10_800_000],
  ["1d", 86_400_000],
  ["0s", 0],
] as const) {
  test(`${text} is as long ago as it says`, () => {
    const before = Date.now();
    const at = time(text);
    assert.ok(at >= before - ago && at <= Date.now() - ago);
  });
}

for (const text of [
  "",
  "yesterday",
  "2",
  "2w",
  "-1h",
  "1.5h",
  "1767323045",
  "2026-99-01",
  "01/31/2026",
  "1234567d",
]) {
  test(`"${text}" is no time`, () => {
    assert.throws(() => time(text), InvalidArgumentError);
  });
}

test("whole numbers from one on", () => {
  assert.equal(wholeNumber("1"), 1);
  assert.equal(wholeNumber("999999"), 999_999);
  for (const text of ["", "0", "01", "-1", "1.5", "1e3", "ten", "1000000", " 5"]) {
    assert.throws(() => wholeNumber(text), InvalidArgumentError, text);
  }
});

test("one to a hundred hits, and similarities from 0 to 1", () => {
  assert.deepEqual(["1", "99", "100"].map(hitLimit), [1, 99, 100]);
  for (const text of ["", "0", "101", "1.5", "-1", "ten"]) {
    assert.throws(() => hitLimit(text), InvalidArgumentError, text);
  }
  assert.deepEqual(["0", "0.85", ".5", "1", "1.0"].map(similarity), [0, 0.85, 0.5, 1, 1]);
  for (const text of ["", "1.01", "-0.1", "2", "0,5", "half", "1e-1"]) {
    assert.throws(() => similarity(text), InvalidArgumentError, text);
  }
});
