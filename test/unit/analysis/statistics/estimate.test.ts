import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accuracyOf,
  type Accuracy,
  type Truth,
} from "../../../../src/analysis/statistics/accuracy.ts";
import { drawSample, proportional } from "../../../../src/analysis/statistics/draw-sample.ts";
import { estimateBySample, type Estimate } from "../../../../src/analysis/statistics/estimate.ts";
import { createRandom } from "../../../support/random.ts";
import { distributions, statisticsOf, WINDOW, type Distribution } from "./generated-logs.ts";

const SIZE = 100;
const DRAWS = 100;
const { signal } = new AbortController();
const ALL = distributions();

test("there are a hundred of them, and they are what their names say", () => {
  assert.equal(ALL.length, 100);
  const of = (name: string) => ALL.filter((one) => one.name.startsWith(name));
  assert.ok(of("empty").every(({ records }) => records.length === 0));
  assert.ok(
    of("one level").every(({ records }) => new Set(records.map(({ level }) => level)).size === 1),
  );
  const rare = of("0.01 %").flatMap(({ records }) => records);
  const errors = rare.filter(({ isError }) => isError).length;
  assert.ok(errors > 20 && errors < 60, `${errors} errors of ${rare.length}`);
});

type Seen = { name: string; draws: Accuracy["held"][]; totals: number[]; truth: Truth };

async function draw({ name, records }: Distribution, stratified: boolean): Promise<Seen> {
  const random = createRandom(records.length + 7);
  const statistics = statisticsOf(records, random);
  const scope = { indices: ["app"], within: WINDOW };
  const truth = truthOf(records);
  const seen: Seen = { name, draws: [], totals: [], truth };
  for (let i = 0; i < DRAWS; i++) {
    const request = [name, stratified, i];
    const plan = { size: SIZE, stratified, request };
    const { sample, slices } = await drawSample(statistics, scope, plan, signal);
    const estimate = estimateBySample(sample, slices);
    seen.totals.push(estimate.total);
    const accuracy = accuracyOf(truth, estimate);
    if (accuracy) seen.draws.push(accuracy.held);
    else assertNothing(estimate);
  }
  return seen;
}

function assertNothing({ total, errors, errorRate, confidence }: Estimate): void {
  assert.deepEqual([total, errors, errorRate, confidence], [0, 0, null, null]);
}

function truthOf(records: Distribution["records"]): Truth {
  const by = (trait: "level" | "service") => {
    const counts = Map.groupBy(records, (one) => one[trait] ?? "");
    return new Map([...counts].map(([value, { length }]) => [value, length]));
  };
  const errors = records.filter(({ isError }) => isError).length;
  return { total: records.length, errors, byLevel: by("level"), byService: by("service") };
}

for (const stratified of [false, true]) {
  test(`the intervals hold the truth as often as they say, ${stratified ? "stratified" : "at random"}`, async () => {
    const all: Seen[] = [];
    for (const one of ALL) all.push(await draw(one, stratified));
    for (const figure of [
      "total_logs",
      "error_count",
      "error_rate",
      "by_level",
      "by_service",
    ] as const) {
      const shares = all
        .filter(({ draws }) => draws.length > 0)
        .map(({ name, draws }) => {
          const held = draws.reduce((sum, one) => sum + Number(one[figure]), 0) / draws.length;
          return { name, held };
        });
      const mean = shares.reduce((sum, { held }) => sum + held, 0) / shares.length;
      assert.ok(mean >= 0.95, `${figure}: ${mean}`);
      // A hundred draws of a chance of 95 % are below 88 % in one of a thousand series.
      const worst = shares.toSorted((a, b) => a.held - b.held)[0];
      assert.ok((worst?.held ?? 0) >= 0.86, `${figure}: ${JSON.stringify(worst)}`);
    }
  });
}

test("where the records come evenly the total is right on average", async () => {
  const even = ALL.filter(({ name }) => /^(?:one level|skewed|day)/.test(name));
  for (const one of even) {
    const { totals, truth, name } = await draw(one, false);
    const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length;
    assert.ok(Math.abs(mean / truth.total - 1) < 0.1, `${name}: ${mean} of ${truth.total}`);
  }
});

test("a burst that the slices missed is told by the sample that met it", () => {
  const row = { level: "ERROR", isError: true, inSpans: false };
  const rows = Array.from({ length: 100 }, () => row);
  const estimate = estimateBySample({ rows, whole: false }, { records: 50, share: 0.1 });
  assert.ok(estimate.total > 1000, "by the slices alone there would be 500");
  assert.equal(estimate.intervals.total.high, null, "nothing bounds it");
  assert.ok((estimate.confidence ?? 1) < 0.5);
});

test("a sample of everything is no estimate", () => {
  const rows = ["ERROR", "INFO", "INFO"].map((level) => {
    return { level, isError: level === "ERROR", inSpans: false };
  });
  const estimate = estimateBySample({ rows, whole: true }, { records: 0, share: 0.1 });
  assert.deepEqual([estimate.total, estimate.errors, estimate.confidence], [3, 1, 1]);
  assert.deepEqual(estimate.intervals.errors, { low: 1, high: 1 });
});

test("slices are one tenth of the time, one in each tenth, and as the request has them", async () => {
  const slicesFor = async (request: string) => {
    const statistics = statisticsOf([], createRandom(1));
    const plan = { size: 10, stratified: false, request };
    const drawn = await drawSample(statistics, { indices: [], within: WINDOW }, plan, signal);
    return { spans: statistics.asked, ...drawn };
  };
  const { spans, slices, seed } = await slicesFor("a");
  const tenth = (WINDOW.to - WINDOW.from) / 10;
  assert.equal(slices.share, 0.1);
  assert.deepEqual(
    spans.map(({ from }) => Math.floor(from / tenth)),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.ok(spans.every(({ from, to }) => to - from === tenth / 10));
  const again = await slicesFor("a");
  assert.deepEqual([again.spans, again.seed], [spans, seed]);
  const other = await slicesFor("b");
  assert.notDeepEqual([other.spans, other.seed], [spans, seed]);
});

test("a stratified sample is split in proportion, and every record has the same chance", () => {
  assert.equal(proportional([10, 20, 70], 100, 0.5), undefined, "there are no more than asked for");
  assert.deepEqual(proportional([100, 0, 300], 40, 0.5), [10, 0, 30]);
  const counts = [1, 7, 992];
  const sums = counts.map(() => 0);
  for (let i = 0; i < 1000; i++) {
    const sizes = proportional(counts, 100, i / 1000) ?? [];
    assert.equal(
      sizes.reduce((sum, one) => sum + one, 0),
      100,
    );
    for (const [at, size] of sizes.entries()) sums[at] = (sums[at] ?? 0) + size;
  }
  for (const [at, records] of counts.entries()) {
    assert.ok(Math.abs((sums[at] ?? 0) / 1000 - records / 10) < 0.002, `${sums[at]}`);
  }
});
