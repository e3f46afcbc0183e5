import type { Gap } from "../domain/partial.ts";

/** A part of time in milliseconds since the epoch; `to` is not in it. */
export type Span = { from: number; to: number };

/** Records of all levels, with and without vectors. */
export type StatisticsScope = {
  /** Fit indices of the latest survey. */
  indices: readonly string[];
  within: Span;
  /** In any case; absent: of all projects. */
  project?: string;
};

/** What records are counted by. `level`: in capitals. Absent where a record has none. */
export type Traits = { level?: string; service?: string };

/** `isError`: of a wanted level. `inSpans`: its time is in one of the spans that were asked about. */
export type SampledRecord = Traits & { isError: boolean; inSpans: boolean };

/**
 * Counts the records of a time, and takes some of them at random. Every method leaves out the same indices, treats a record's level
 * and service alike, and throws a Fault. Where there are gaps, all counts are too low.
 */
export type RecordStatistics = {
  /**
   * Exactly: all records, those of wanted levels, and those of each level and service. A record with several values of one field
   * counts for each of them. `leftOut`: indices that cannot be counted.
   */
  countByTraits(
    scope: StatisticsScope,
    signal: AbortSignal,
  ): Promise<{
    records: number;
    errors: number;
    rows: (Traits & { records: number })[];
    leftOut: { index: string; reason: string }[];
    gaps: readonly Gap[];
  }>;
  /** Records in each of these spans, in their order; nothing outside of them is looked at. */
  countSpans(
    scope: StatisticsScope,
    spans: readonly Span[],
    signal: AbortSignal,
  ): Promise<{ counts: number[]; gaps: readonly Gap[] }>;
  /**
   * So many records, each as likely as any other and none twice. The same `seed` (a whole number below 2^31) takes the same ones, as
   * long as nothing is written. `whole`: there are no others.
   */
  sampleRecords(
    scope: StatisticsScope,
    sample: { size: number; seed: number; spans: readonly Span[] },
    signal: AbortSignal,
  ): Promise<{ rows: SampledRecord[]; whole: boolean; gaps: readonly Gap[] }>;
};
