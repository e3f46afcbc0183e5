import assert from "node:assert/strict";
import { test } from "node:test";
import { indexName, type IndexTemplate } from "../../../src/stream/read-log.ts";

const MONTHLY: IndexTemplate = [{ field: "app" }, "_", { field: "@timestamp", date: "yyyy_MM" }];
const HOURLY: IndexTemplate = ["logs-", { field: "time", date: "yyyy.MM.dd-HH" }];

const CASES: [template: IndexTemplate, message: Record<string, unknown>, name: string][] = [
  [["logs"], {}, "logs"],
  [MONTHLY, { app: "a1", "@timestamp": "2026-01-02T03:04:05Z" }, "a1_2026_01"],
  [MONTHLY, { app: " Shop ", "@timestamp": "2026-01-02T03:04:05.123456789Z" }, "shop_2026_01"],
  [MONTHLY, { app: 7, "@timestamp": "2026-01-31T23:30:00-01:00" }, "7_2026_02"],
  [MONTHLY, { app: "a", "@timestamp": "2026-02-01T00:30:00+01:00" }, "a_2026_01"],
  [MONTHLY, { app: "a", "@timestamp": "2026-02-01" }, "a_2026_02"],
  [HOURLY, { time: Date.UTC(2026, 0, 2, 3) }, "logs-2026.01.02-03"],
  [HOURLY, { time: 0 }, "logs-1970.01.01-00"],
  [HOURLY, { time: 1_795_989_427.123 }, "logs-2026.11.29-21"],
  [HOURLY, { time: "1795989427.123" }, "logs-2026.11.29-21"],
  [HOURLY, { time: "1795989427123" }, "logs-2026.11.29-21"],
  [HOURLY, { time: 1_795_989_427_123_456 }, "logs-2026.11.29-21"],
  [HOURLY, { time: "1795989427123456789" }, "logs-2026.11.29-21"],
  [HOURLY, { time: "2026-11-29 21:57:07,123" }, "logs-2026.11.29-21"],
  [HOURLY, { time: { $date: "2026-11-29T21:57:07.123Z" } }, "logs-2026.11.29-21"],
  [[{ field: "k8s.app" }], { k8s: { app: "x" } }, "x"],
  [[{ field: "t", date: "yyyyMMddHH" }, "!"], { t: "2026-12-31T22:00:00Z" }, "2026123122!"],
];

for (const [template, message, name] of CASES) {
  test(`${JSON.stringify(message)} is of ${name}`, () => {
    assert.deepEqual(indexName(template, message), { name });
  });
}

test("a time without a zone is UTC, wherever the process runs", (t) => {
  const before = process.env["TZ"];
  t.after(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });
  for (const zone of ["Asia/Tokyo", "America/Los_Angeles", "UTC"]) {
    process.env["TZ"] = zone;
    for (const time of ["2026-01-31T23:30:00", "2026-01-31T23:30:00.123", "2026-01-31 23:30:00"]) {
      assert.deepEqual(
        indexName(HOURLY, { time }),
        { name: "logs-2026.01.31-23" },
        `${time} in ${zone}`,
      );
    }
    assert.deepEqual(indexName(HOURLY, { time: "2026-02-01" }), { name: "logs-2026.02.01-00" });
  }
});

const NO_TIMES: unknown[] = [
  undefined,
  null,
  "",
  "soon",
  {},
  [],
  true,
  Number.NaN,
  1e20,
  "2026-13-01T00:00:00Z",
  "+012026-01-01T00:00:00Z",
  -1e14,
];
for (const time of NO_TIMES) {
  test(`${JSON.stringify(time) ?? "nothing"} is no time`, () => {
    assert.deepEqual(indexName(HOURLY, { time }), { missing: "time" });
  });
}

test("the first field that is missing or blank is named", () => {
  assert.deepEqual(indexName(MONTHLY, { app: "  ", "@timestamp": "soon" }), { missing: "app" });
  assert.deepEqual(indexName(MONTHLY, { app: "a", "@timestamp": "soon" }), {
    missing: "@timestamp",
  });
});
