import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeenRow } from "../../../../src/status/status-shape.ts";
import {
  groupIndices,
  indexGroup,
  MAX_GROUPS,
} from "../../../../src/telemetry/metrics/index-group.ts";

const row = (index: string, more: Partial<SeenRow> & { oldest_pending?: string } = {}) => ({
  index,
  without_text: 0,
  coverage: 0.6,
  records: 10,
  vectorized: 6,
  other_model: 0,
  pending: 3,
  quarantined: 1,
  oldest_pending: null,
  ...more,
});

for (const [index, group] of [
  ["logs-2026.01.02", "logs"],
  ["logs-2026-01-02", "logs"],
  ["logs_2026_01", "logs"],
  ["logs-2026.w05", "logs"],
  ["logs-000012", "logs"],
  ["logs-2026.01.02-000001", "logs"],
  [".ds-logs-app-default-000012", "logs-app-default"],
  ["app2", "app2"],
  ["app-v2", "app-v2"],
  ["2026.01.02", "2026"],
  ["-1", "-1"],
] as const) {
  test(`${index} is of ${group}`, () => assert.equal(indexGroup(index), group));
}

test("a group is the sum of its indices, as old as its oldest record", () => {
  const rows = [
    row("logs-1", { oldest_pending: "2026-01-02T00:00:00.000Z" }),
    row("logs-2", { oldest_pending: "2026-01-01T00:00:00.000Z" }),
    row("other-1", { vectorized: 0, pending: 0, quarantined: 0 }),
  ];
  assert.deepEqual(groupIndices(rows), [
    { group: "logs", pending: 6, coverage: 0.6, oldestPendingAt: Date.parse("2026-01-01") },
    { group: "other", pending: 0, coverage: 1 },
  ]);
});

test("a group of which an index cannot be seen in whole has no figures", () => {
  const unseen = { records: null, vectorized: null, other_model: null, pending: null };
  const rest = { quarantined: null, without_text: null, coverage: null, oldest_pending: null };
  const rows = [row("logs-1"), { index: "logs-2", ...unseen, ...rest }, row("other-1")];
  assert.deepEqual(groupIndices(rows), [
    { group: "logs" },
    { group: "other", pending: 3, coverage: 0.6 },
  ]);
});

test("of very many groups the smallest are one", () => {
  const rows = Array.from({ length: 200 }, (_, i) => row(`app${i}x`, { records: 1000 - i }));
  const groups = groupIndices(rows);
  assert.equal(groups.length, MAX_GROUPS);
  assert.equal(groups[0]?.group, "app0x");
  assert.deepEqual(groups.at(-1), { group: "other", pending: 3 * 151, coverage: 0.6 });
});

test("vectors of another model lower the coverage of a group", () => {
  const rows = [
    row("a-1", { vectorized: 3, other_model: 3 }),
    row("a-2", { vectorized: 0, other_model: 6 }),
  ];
  assert.equal(groupIndices(rows)[0]?.coverage, 3 / 20);
});
