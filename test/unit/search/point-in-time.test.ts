import assert from "node:assert/strict";
import { test } from "node:test";
import { pointInTime } from "../../../src/search/point-in-time.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");

for (const [text, at] of [
  ["2026-01-30T11:22:33Z", "2026-01-30T11:22:33Z"],
  ["2026-01-30T11:22:33.5+02:00", "2026-01-30T09:22:33.5Z"],
  ["2026-01-30T11:22:33", "2026-01-30T11:22:33Z"],
  ["2026-01-30 11:22:33", "2026-01-30T11:22:33Z"],
  ["2026-01-30 11:22", "2026-01-30T11:22:00Z"],
  ["2026-01-30", "2026-01-30T00:00:00Z"],
  ["2h", "2026-01-31T10:00:00Z"],
] as const) {
  test(`${text} is ${at}, wherever the machine stands`, (t) => {
    const { TZ: before } = process.env;
    process.env["TZ"] = "America/New_York";
    t.after(() => {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    });
    assert.equal(pointInTime(text, NOW), Date.parse(at));
  });
}

test("anything else is no point in time", () => {
  for (const text of ["yesterday", "2026", "12:00", "2026-13-01", "2w", ""]) {
    assert.equal(pointInTime(text, NOW), undefined);
  }
});
