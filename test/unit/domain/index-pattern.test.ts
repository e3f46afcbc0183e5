import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesIndex } from "../../../src/domain/index-pattern.ts";

const CASES: [pattern: string, index: string, matches: boolean][] = [
  ["app_logs", "app_logs", true],
  ["app_logs", "app_logs_2", false],
  ["app_*", "app_logs", true],
  ["app_*", "my_app_logs", false],
  ["*_logs", "app_logs", true],
  ["*_logs", "app_logs_2", false],
  ["*", "anything", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["ab*ba", "aba", false],
  ["ab*ba", "abba", true],
  ["a.b", "axb", false],
  ["", "app", false],
  ["logs-app", ".ds-logs-app-000002", true],
  ["logs-*", ".ds-logs-app-000002", true],
  [".ds-logs-*", ".ds-logs-app-000002", true],
  ["logs-app", ".ds-logs-app-2", false],
  ["logs-app-000002", ".ds-logs-app-000002", false],
];

for (const [pattern, index, matches] of CASES) {
  test(`"${pattern}" is ${matches ? "" : "not "}of ${index}`, () => {
    assert.equal(matchesIndex(pattern, index), matches);
  });
}

test("a pattern of many stars takes no time", () => {
  assert.equal(matchesIndex(`${"a*".repeat(5000)}b`, "a".repeat(10_000)), false);
});
