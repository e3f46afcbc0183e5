import assert from "node:assert/strict";
import { test } from "node:test";

import { parseJsonLine } from "../../../../scripts/sample-logs/json-line.ts";

const LINES: [about: string, value: object, expected: ReturnType<typeof parseJsonLine>][] = [
  [
    "ECS, nested and dotted",
    {
      "@timestamp": "2026-01-02T03:04:05.678Z",
      "log.level": "error",
      service: { name: "shop" },
      message: "m",
    },
    { timestamp: "2026-01-02T03:04:05.678Z", level: "error", service: "shop", message: "m" },
  ],
  [
    "pino's numbers",
    { level: 50, time: 1_767_323_045_678, msg: "m", name: "api" },
    { timestamp: "2026-01-02T03:04:05.678Z", level: "ERROR", service: "api", message: "m" },
  ],
  [
    "zap's seconds",
    { level: "warn", ts: 1_767_323_045.678, msg: "m" },
    { timestamp: "2026-01-02T03:04:05.678Z", level: "warn", message: "m" },
  ],
  [
    "a level in an object named log",
    { log: { level: "ERROR" }, message: "m" },
    { level: "ERROR", message: "m" },
  ],
  ["a time that is none", { message: "m", time: "yesterday" }, { message: "m" }],
  ["no message", { level: "ERROR" }, undefined],
];

for (const [about, value, expected] of LINES) {
  test(`a JSON line is read: ${about}`, () => {
    assert.deepEqual(parseJsonLine(JSON.stringify(value)), expected);
  });
}

test("broken JSON, an array and a bare text are no JSON line", () => {
  for (const line of ['{"message":', "[1]", '"text"', "text"]) {
    assert.equal(parseJsonLine(line), undefined);
  }
});
