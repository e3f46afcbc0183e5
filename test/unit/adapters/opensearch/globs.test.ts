import assert from "node:assert/strict";
import { test } from "node:test";
import {
  includedPatterns,
  isNarrow,
  patternsOverlap,
} from "../../../../src/adapters/opensearch/globs.ts";

const OVERLAPS: [string, string, boolean][] = [
  ["app_logs", "app_logs", true],
  ["app_logs", "app_log", false],
  ["app_*", "app_logs", true],
  ["app_*", "app_", true],
  ["app_*", "ap", false],
  ["app_*", "*_logs", true],
  ["app_*", "web_*", false],
  ["*_*", "app_logs", true],
  ["*_*", "applogs", false],
  ["*_*", "app*", true],
  ["*", "", true],
  ["*", "*", true],
  ["a*b*c", "*x*", true],
  ["a*b", "b*a", false],
  ["a*b*c", "ac", false],
  ["logs-*-prod", "logs-app-*", true],
  ["logs-*-prod", "logs-app-dev", false],
  ["", "", true],
  ["", "a", false],
  ["a**b", "ab", true],
];

for (const [a, b, expected] of OVERLAPS) {
  test(`${a} and ${b} ${expected ? "overlap" : "share no name"}, whichever comes first`, () => {
    assert.equal(patternsOverlap(a, b), expected);
    assert.equal(patternsOverlap(b, a), expected);
  });
}

test("long patterns full of stars are compared in no time", () => {
  assert.equal(patternsOverlap(`${"a*".repeat(200)}x`, `${"*b".repeat(200)}c`), false);
});

for (const [pattern, expected] of [
  ["app_*", true],
  ["app*", true],
  ["app", true],
  ["ap*", false],
  ["*_*", false],
  ["*", false],
  ["*app", false],
  [".ds-*", false],
] as const) {
  test(`${pattern} is ${expected ? "narrow" : "too wide"} for a template of ours`, () => {
    assert.equal(isNarrow(pattern), expected);
  });
}

test("an expression includes all but its exclusions", () => {
  assert.deepEqual(includedPatterns("app_*, web_*,,-app_old*"), ["app_*", "web_*"]);
});
