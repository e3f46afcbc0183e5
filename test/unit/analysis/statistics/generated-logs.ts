import type {
  RecordStatistics,
  SampledRecord,
  Span,
  Traits,
} from "../../../../src/ports/record-statistics.ts";
import { createRandom, type Random } from "../../../support/random.ts";

export type GeneratedRecord = Traits & { at: number; isError: boolean };
export type Distribution = { name: string; records: GeneratedRecord[] };

export const WINDOW: Span = { from: 0, to: 24 * 3_600_000 };
const LENGTH = WINDOW.to - WINDOW.from;

type Draw = (random: Random) => number;
type Parts = { records: number; at: Draw; level: (random: Random) => string; services: Draw };

const anyTime: Draw = (random) => WINDOW.from + random.below(LENGTH);
/** Nearly all within one thousandth of the window. */
const burst =
  (share: number, begin: number): Draw =>
  (random) =>
    random.chance(share)
      ? WINDOW.from + Math.floor(begin * LENGTH) + random.below(LENGTH / 1000)
      : anyTime(random);
/** By day more than by night. */
const day: Draw = (random) => {
  const at = anyTime(random);
  return random.chance(0.5 - 0.45 * Math.cos((2 * Math.PI * at) / LENGTH)) ? at : day(random);
};
const mixed = (errors: number) => (random: Random) =>
  random.chance(errors) ? "ERROR" : random.pick(["INFO", "INFO", "INFO", "WARN", "DEBUG"]);
const fewServices: Draw = (random) => random.below(4);
/** The first has most of all, and the last of forty nearly nothing. */
const skewed: Draw = (random) => Math.floor(40 * (random.below(1e6) / 1e6) ** 4);

/** A hundred of them, the same each time. */
export function distributions(): Distribution[] {
  const random = createRandom(1927);
  const kinds: [name: string, count: number, parts: (i: number) => Partial<Parts>][] = [
    ["empty", 2, () => ({ records: 0 })],
    ["fewer than a sample", 6, (i) => ({ records: 1 + 15 * i })],
    ["one level only", 12, (i) => ({ level: () => (i % 2 === 0 ? "INFO" : "ERROR") })],
    ["0.01 % errors", 20, () => ({ records: 20_000, level: mixed(0.0001) })],
    ["a burst", 25, (i) => ({ at: burst(0.3 + 0.028 * i, i / 26), level: mixed(0.02 * i) })],
    ["skewed services", 20, (i) => ({ services: skewed, level: mixed(0.05 * i), at: day })],
    ["day and night", 15, (i) => ({ records: 500 + 300 * i, at: day, level: mixed(0.001 * i) })],
  ];
  return kinds.flatMap(([name, count, partsOf]) =>
    Array.from({ length: count }, (_, i) => {
      const parts: Parts = {
        records: 2000,
        at: anyTime,
        level: mixed(0.1),
        services: fewServices,
        ...partsOf(i),
      };
      const records = Array.from({ length: parts.records }, (): GeneratedRecord => {
        const level = parts.level(random);
        const service = `service-${parts.services(random)}`;
        return { at: parts.at(random), level, service, isError: level === "ERROR" };
      });
      return { name: `${name} ${i + 1}`, records: records.toSorted((a, b) => a.at - b.at) };
    }),
  );
}

/** Counts by going through sorted records; samples by a fixed generator, each record as likely as any other. */
export function statisticsOf(
  records: readonly GeneratedRecord[],
  random: Random,
): RecordStatistics & { asked: Span[] } {
  const asked: Span[] = [];
  const before = (at: number) => {
    let [low, high] = [0, records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((records[middle]?.at ?? Infinity) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    asked,
    async countByTraits({ within }) {
      const own = records.slice(before(within.from), before(within.to));
      const rows = [...Map.groupBy(own, (one) => `${one.level}/${one.service}`).values()];
      return {
        records: own.length,
        errors: own.filter(({ isError }) => isError).length,
        rows: rows.map((same) => ({ ...traitsOf(same[0]), records: same.length })),
        leftOut: [],
        gaps: [],
      };
    },
    async countSpans(_, spans) {
      asked.push(...spans);
      return { counts: spans.map(({ from, to }) => before(to) - before(from)), gaps: [] };
    },
    async sampleRecords({ within }, { size, spans }) {
      const [first, end] = [before(within.from), before(within.to)];
      const left = Array.from({ length: end - first }, (_, i) => first + i);
      const rows: SampledRecord[] = [];
      while (rows.length < size && left.length > 0) {
        const at = random.below(left.length);
        const one = records[left[at] ?? 0];
        left[at] = left.at(-1) ?? 0;
        left.pop();
        if (!one) continue;
        const inSpans = spans.some(({ from, to }) => one.at >= from && one.at < to);
        rows.push({ ...traitsOf(one), isError: one.isError, inSpans });
      }
      return { rows, whole: end - first < size, gaps: [] };
    },
  };
}

function traitsOf({ level = "", service = "" }: Traits = {}): Traits {
  return { level, service };
}
