import assert from "node:assert/strict";
import { test } from "node:test";
import { shareInterval, type Surety } from "../../../../src/analysis/statistics/intervals.ts";

/** Wilson's interval by its formula, to four decimals. */
const KNOWN: [hits: number, records: number, low: number, high: number][] = [
  [0, 100, 0, 0.037],
  [10, 100, 0.0552, 0.1744],
  [50, 100, 0.4038, 0.5962],
  [100, 100, 0.963, 1],
  [5, 10, 0.2366, 0.7634],
];
for (const [hits, records, low, high] of KNOWN) {
  test(`${hits} of ${records} tell a share from ${low} to ${high}`, () => {
    const found = shareInterval(hits, records);
    assert.ok(Math.abs(found.low - low) < 1e-4, `${found.low}`);
    assert.ok(Math.abs(found.high - high) < 1e-4, `${found.high}`);
  });
}

test("no record tells nothing", () => {
  assert.deepEqual(shareInterval(0, 0), { low: 0, high: 1 });
});

/** The chance that the interval holds the share, over all samples of so many records. */
function coverage(share: number, records: number, surety: Surety): number {
  let [chance, held] = [(1 - share) ** records, 0];
  for (let hits = 0; hits <= records; hits++) {
    const { low, high } = shareInterval(hits, records, surety);
    if (low <= share && share <= high) held += chance;
    chance *= ((records - hits) / (hits + 1)) * (share / (1 - share));
  }
  return held;
}

/** From 0.01 % to 50 %. */
const SHARES = Array.from({ length: 200 }, (_, i) => 0.0001 * 5000 ** (i / 199));

for (const records of [30, 100, 300]) {
  for (const [surety, least, mean] of [
    ["95%", 0.91, 0.95],
    ["both", 0.94, 0.975],
  ] as const) {
    test(`with ${records} records a ${surety} interval holds as often as it says, and nowhere much less`, () => {
      const held = SHARES.map((share) => coverage(share, records, surety));
      const [worst] = held.toSorted((a, b) => a - b);
      assert.ok((worst ?? 0) >= least, `${worst} at ${SHARES[held.indexOf(worst ?? 0)]}`);
      assert.ok(held.reduce((sum, one) => sum + one, 0) / held.length >= mean);
    });
  }
}
