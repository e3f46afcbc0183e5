import { hash } from "node:crypto";
import { joinGaps, NO_GAPS, type Gap } from "../../domain/partial.ts";
import type {
  RecordStatistics,
  SampledRecord,
  Span,
  StatisticsScope,
} from "../../ports/record-statistics.ts";
import type { Sample, Slices } from "./estimate.ts";

/** Tenths of the window. One tenth of each is a slice: so ten slices hold a tenth of the time. */
const TENTHS = 10;

export type Drawn = { sample: Sample; slices: Slices; seed: number; gaps: readonly Gap[] };

/**
 * A sample of the records, and the count of ten slices of the window, one in each tenth. What is drawn depends on `request` alone: the
 * same request about the same window draws the same again. `stratified`: each tenth gives as many records as its share of all is.
 */
export async function drawSample(
  statistics: RecordStatistics,
  scope: StatisticsScope,
  { size, stratified, request }: { size: number; stratified: boolean; request: unknown },
  signal: AbortSignal,
): Promise<Drawn> {
  const { seed, shares, start } = chancesOf(request);
  const slices = slicesOf(scope.within, shares);
  const counted = await statistics.countSpans(scope, slices, signal);
  const drawn = stratified
    ? await drawByTenths(statistics, scope, { size, seed, start, slices }, signal)
    : await statistics.sampleRecords(scope, { size, seed, spans: slices }, signal);
  const { from, to } = scope.within;
  return {
    sample: drawn,
    slices: {
      records: counted.counts.reduce((sum, one) => sum + one, 0),
      share: slices.reduce((sum, slice) => sum + slice.to - slice.from, 0) / (to - from),
    },
    seed,
    gaps: joinGaps(counted.gaps, drawn.gaps),
  };
}

/** Numbers that nobody can foresee in a request, and that it always has: its SHA-512 as 16 whole numbers of 32 bits. */
function chancesOf(request: unknown): { seed: number; shares: number[]; start: number } {
  const digest = hash("sha512", JSON.stringify(request), "buffer");
  const shares = Array.from({ length: 16 }, (_, i) => digest.readUInt32BE(4 * i) / 2 ** 32);
  const [seed = 0, start = 0, ...rest] = shares;
  return { seed: Math.floor(seed * 2 ** 31), shares: rest.slice(0, TENTHS), start };
}

/** In each tenth of the window, one of its ten equal parts: every moment is as likely in a slice as any other. */
function slicesOf(within: Span, shares: readonly number[]): Span[] {
  return shares.map((share, tenth) => {
    const part = TENTHS * tenth + Math.floor(share * TENTHS);
    return partOf(within, part, TENTHS ** 2);
  });
}

function partOf({ from, to }: Span, at: number, parts: number): Span {
  const bound = (part: number) => from + Math.floor(((to - from) * part) / parts);
  return { from: bound(at), to: bound(at + 1) };
}

type Plan = { size: number; seed: number; start: number; slices: readonly Span[] };

async function drawByTenths(
  statistics: RecordStatistics,
  scope: StatisticsScope,
  { size, seed, start, slices }: Plan,
  signal: AbortSignal,
): Promise<Sample & { gaps: readonly Gap[] }> {
  const tenths = Array.from({ length: TENTHS }, (_, i) => partOf(scope.within, i, TENTHS));
  const { counts, gaps: unseen } = await statistics.countSpans(scope, tenths, signal);
  const sizes = proportional(counts, size, start);
  if (!sizes) return statistics.sampleRecords(scope, { size, seed, spans: slices }, signal);
  const rows: SampledRecord[] = [];
  let gaps: readonly Gap[] = joinGaps(unseen, NO_GAPS);
  for (const [i, within] of tenths.entries()) {
    const own = sizes[i] ?? 0;
    if (own === 0) continue;
    const sample = { size: own, seed, spans: slices };
    const drawn = await statistics.sampleRecords({ ...scope, within }, sample, signal);
    rows.push(...drawn.rows);
    gaps = joinGaps(gaps, drawn.gaps);
  }
  return { rows, whole: false, gaps };
}

/**
 * Splits `size` in proportion to the counts, each rounded up or down by one chance for all, so that every record is as likely as any
 * other (systematic sampling: W. G. Madow, Annals of Mathematical Statistics 20, 1949). Undefined where there are no more than `size`.
 */
export function proportional(
  counts: readonly number[],
  size: number,
  start: number,
): number[] | undefined {
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (total <= size) return undefined;
  let before = 0;
  return counts.map((records) => {
    const from = Math.floor((before * size) / total + start);
    before += records;
    return Math.floor((before * size) / total + start) - from;
  });
}
