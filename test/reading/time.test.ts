import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isoTime, leadingTime } from "../../src/reading/time.ts";

const NOW_MS = Date.parse("2026-07-01T00:00:00Z");
const AT = "2026-11-29T10:00:00.000Z";

const TIMES: [value: unknown, iso: string | undefined][] = [
  [1_795_946_400, AT],
  [1_795_946_400.123, "2026-11-29T10:00:00.123Z"],
  ["1795946400.123", "2026-11-29T10:00:00.123Z"],
  [1_795_946_400_123, "2026-11-29T10:00:00.123Z"],
  [1_795_946_400_123_456, "2026-11-29T10:00:00.123Z"],
  ["1795946400123456789", "2026-11-29T10:00:00.123Z"],
  ["1.7959464E9", AT],
  [[1_795_946_400], AT],
  ["2026-11-29T10:00:00Z", AT],
  ["2026-11-29T10:00:00.1Z", "2026-11-29T10:00:00.100Z"],
  ["2026-11-29T10:00:00.123456789Z", "2026-11-29T10:00:00.123Z"],
  ["2026-11-29 10:00:00,123", "2026-11-29T10:00:00.123Z"],
  ["2026-11-29T12:00:00+02:00", AT],
  ["2026-11-29 12:00:00 +0200", AT],
  ["2026-11-29 12:00:00+02", AT],
  ["2026-11-29 11:00:00.000 CET", AT],
  ["2026-11-29T10:00Z", AT],
  ["2026-11-29", "2026-11-29T00:00:00.000Z"],
  ["2026/11/29 10:00:00", AT],
  ["20261129T100000Z", AT],
  ["20261129-10:00:00:123", "2026-11-29T10:00:00.123Z"],
  ["20261129100000", AT],
  ["26/11/29 10:00:00", AT],
  ["11/29/2026 10:00:00 AM", AT],
  ["11/29/2026 10:00:00 PM", "2026-11-29T22:00:00.000Z"],
  ["29.11.2026 10:00:00", AT],
  ["29/Nov/2026:10:00:00 +0000", AT],
  ["29-Nov-2026 10:00:00 UTC", AT],
  ["Sun, 29 Nov 2026 10:00:00 GMT", AT],
  ["29-Nov-2026::10:00:00", AT],
  ["29-Nov-2026 11:00:00 Europe/Berlin", AT],
  ["29-Nov-2026 07:00:00 America/Argentina/Buenos_Aires", AT],
  ["29-Jul-2026 12:00:00 Europe/Berlin", "2026-07-29T10:00:00.000Z"],
  ["29-Nov-2026 11:00:00 Europe/Nowhere", undefined],
  ["Nov 29, 2026 10:00:00 AM", AT],
  ["Nov 29, 2026, 10:00:00,123 AM UTC", "2026-11-29T10:00:00.123Z"],
  ["Sun Nov 29 10:00:00.123456 2026", "2026-11-29T10:00:00.123Z"],
  ["Sun Nov 29 10:00:00 UTC 2026", AT],
  ["2026-11-29-10.00.00.363779", "2026-11-29T10:00:00.363Z"],
  ["Jun 14 10:00:00", "2026-06-14T10:00:00.000Z"],
  ["Nov 29 10:00:00", "2025-11-29T10:00:00.000Z"],
  [{ $date: AT }, AT],
  ["/Date(1795946400000)/", AT],
  [{ epochSecond: 1_795_946_400, nanoOfSecond: 5_000_000 }, "2026-11-29T10:00:00.005Z"],
  ["2026-02-30T10:00:00Z", undefined],
  ["2026-11-29T25:00:00Z", undefined],
  ["yesterday", undefined],
  ["10:00:00", undefined],
  [-5, undefined],
  [1e20, undefined],
  [{}, undefined],
];

suite("a time is read by its form or its magnitude", () => {
  for (const [value, iso] of TIMES) {
    test(`${JSON.stringify(value)} is ${iso ?? "none"}`, () => {
      assert.equal(isoTime(value, NOW_MS), iso);
    });
  }
});

test("a time at the head of a line ends where its zone ends, and a level is no zone", () => {
  for (const [line, rest] of [
    ["2026-11-29 10:00:00 ERROR x", " ERROR x"],
    ["2026-11-29 10:00:00 UTC [1] x", " [1] x"],
    ["2026-11-29T10:00:00.123+0100 x", " x"],
    ["Nov 29 10:00:00 host x", " host x"],
    ["2026-11-29 10:00:00,123 - x", " - x"],
  ] as const) {
    const head = leadingTime(line, NOW_MS);
    assert.equal(line.slice(head?.length), rest);
  }
  assert.equal(leadingTime("the 2026-11-29 10:00:00", NOW_MS), undefined);
});
