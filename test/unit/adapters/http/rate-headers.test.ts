import assert from "node:assert/strict";
import { test } from "node:test";
import { allowanceIn, resetMs, retryAfterMs } from "../../../../src/adapters/http/rate-headers.ts";
import type { Allowance } from "../../../../src/ports/embedder.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");

const WAITS: [Record<string, string>, number | undefined][] = [
  [{}, undefined],
  [{ "retry-after": "20" }, 20_000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after-ms": "1500" }, 1500],
  [{ "retry-after-ms": "1500", "retry-after": "2" }, 1500],
  [{ "retry-after": "Fri, 02 Jan 2026 03:05:05 GMT" }, 60_000],
  [{ "retry-after": "Fri, 02 Jan 2026 03:00:00 GMT" }, 0],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{ "retry-after-ms": "x", "retry-after": "3" }, 3000],
  [{ "retry-after": "Friday, 02-Jan-26 03:05:05 GMT" }, 60_000],
  [{ "retry-after": "2026-01-02T03:05:05.500Z" }, 60_500],
  [{ "retry-after": "Fri, 32 Jan 2026 03:05:05 GMT" }, undefined],
  // Date.parse would make a day in 2001 of these.
  [{ "retry-after": "in 5" }, undefined],
  [{ "retry-after": "1 minute" }, undefined],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "Infinity" }, undefined],
  [{ "retry-after": "1e9" }, undefined],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "86400" }, 3_600_000],
  [{ "retry-after": "999999999999999" }, 3_600_000],
  [{ "retry-after": "Fri, 02 Jan 2099 03:05:05 GMT" }, 3_600_000],
];

for (const [headers, wait] of WAITS) {
  test(`${JSON.stringify(headers)} asks for a wait of ${wait} ms`, () => {
    assert.equal(retryAfterMs(new Headers(headers), NOW), wait);
  });
}

test("a date counts from the server's own time, whatever our clock says", () => {
  const headers = new Headers({
    date: "Fri, 02 Jan 2026 04:04:05 GMT",
    "retry-after": "Fri, 02 Jan 2026 04:04:25 GMT",
  });
  assert.equal(retryAfterMs(headers, NOW), 20_000);
});

const RESETS: [string, number | undefined][] = [
  ["6m0s", 360_000],
  ["20ms", 20],
  ["1.2s", 1200],
  ["2m59.56s", 179_560],
  ["1h2m3.5s", 3_600_000],
  ["7", 7000],
  ["0.25", 250],
  ["0", 0],
  [String(NOW / 1000 + 30), 30_000],
  [String(NOW + 1500), 1500],
  [String(NOW / 1000 - 30), 0],
  ["2026-01-02T03:04:15Z", 10_000],
  ["Fri, 02 Jan 2026 03:04:15 GMT", 10_000],
  ["3d", 3_600_000],
  ["soon", undefined],
  ["", undefined],
  ["-5s", undefined],
  ["5 apples", undefined],
];

for (const [reset, ms] of RESETS) {
  test(`a limit that is reset at "${reset}" is reset in ${ms} ms`, () => {
    const headers = new Headers({
      "x-ratelimit-remaining-tokens": "150",
      "x-ratelimit-reset-tokens": reset,
    });
    const expected = ms === undefined ? undefined : { tokens: { remaining: 150, resetMs: ms } };
    assert.deepEqual(allowanceIn(headers, NOW), expected);
  });
}

test("requests and tokens are read apart", () => {
  const headers = new Headers({
    "x-ratelimit-limit-requests": "3000",
    "x-ratelimit-remaining-requests": "2999",
    "x-ratelimit-reset-requests": "20ms",
    "x-ratelimit-limit-tokens": "1000000",
    "x-ratelimit-remaining-tokens": "999500",
    "x-ratelimit-reset-tokens": "30ms",
  });
  assert.deepEqual(allowanceIn(headers, NOW), {
    requests: { remaining: 2999, resetMs: 20 },
    tokens: { remaining: 999_500, resetMs: 30 },
  });
});

test("a count without a name is of requests", () => {
  const headers = new Headers({ "x-ratelimit-remaining": "4", "x-ratelimit-reset": "12" });
  assert.deepEqual(allowanceIn(headers, NOW), { requests: { remaining: 4, resetMs: 12_000 } });
});

test("a remaining allowance without a reset time is ignored", () => {
  const headers = new Headers({ "x-ratelimit-remaining-requests": "0" });
  assert.equal(allowanceIn(headers, NOW), undefined);
  assert.equal(allowanceIn(new Headers({ "x-ratelimit-remaining-tokens": "-1" }), NOW), undefined);
});

const SHORT: [string, Allowance, number | undefined][] = [
  ["no request left", { requests: left(0, 900), tokens: left(5, 50) }, 900],
  ["no token left", { requests: left(3, 900), tokens: left(0, 50) }, 50],
  ["nothing left", { requests: left(0, 900), tokens: left(0, 50) }, 900],
  ["too few tokens", { requests: left(3, 900), tokens: left(5, 50) }, 50],
  ["only requests counted", { requests: left(3, 900) }, 900],
  ["nothing counted", {}, undefined],
];

function left(remaining: number, ms: number) {
  return { remaining, resetMs: ms };
}

for (const [what, allowance, ms] of SHORT) {
  test(`refused with ${what}, the wait is ${ms} ms`, () => assert.equal(resetMs(allowance), ms));
}
