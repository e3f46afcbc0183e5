import { isoTime } from "../../domain/iso-time.ts";
import { joinGaps } from "../../domain/partial.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RecordStatistics, StatisticsScope } from "../../ports/record-statistics.ts";
import type { ReadSurvey } from "../../search/cached-survey.ts";
import { SearchRefused } from "../../search/search-refused.ts";
import { scopeOf } from "../group-scope.ts";
import {
  accuracyOf,
  verdictOf,
  type Accuracy,
  type Grade,
  type Truth,
  type Verdict,
} from "./accuracy.ts";
import { drawSample } from "./draw-sample.ts";
import { estimateBySample, NONE, type Estimate, type Shares } from "./estimate.ts";
import type { Interval } from "./intervals.ts";
import type { StatisticsAnswer } from "./statistics-answer.ts";

export type StatisticsDeps = {
  statistics: RecordStatistics;
  readSurvey: ReadSurvey;
  clock: Pick<Clock, "now">;
  /** The pattern of all indices that the settings name. */
  indexPattern: string;
  /** PROJECT_FIELD; absent: records are of no project. */
  projectField?: string;
};

export const STATISTICS_LANGUAGES = ["en", "ko"] as const;
type Language = (typeof STATISTICS_LANGUAGES)[number];

/** `index`: names or patterns of indices and data streams, comma-separated; absent: all. */
export type StatisticsQuery = {
  index?: string;
  timeHours: number;
  sampleSize: number;
  stratified: boolean;
  project?: string;
  language: Language;
};

/** Throws a SearchRefused, or a Fault. */
export type CompareStatistics = (
  query: StatisticsQuery,
  signal: AbortSignal,
) => Promise<StatisticsAnswer>;

const HOUR_MS = 3_600_000;

const GRADE_WORDS: Record<Language, Record<Grade, string>> = {
  en: { excellent: "excellent", good: "good", fair: "fair", poor: "poor" },
  ko: { excellent: "매우 우수", good: "우수", fair: "보통", poor: "미흡" },
};

/**
 * Counts the records of the latest hours exactly, estimates the same from a sample, and compares the two. The requests follow one another,
 * so that the store has one of them at a time. Throws a SearchRefused where the project cannot be told, or a Fault.
 */
export async function compareStatistics(
  deps: StatisticsDeps,
  { index, timeHours, sampleSize: size, stratified, project, language }: StatisticsQuery,
  signal: AbortSignal,
): Promise<StatisticsAnswer> {
  const { statistics, clock, indexPattern, projectField } = deps;
  if (project !== undefined && projectField === undefined) {
    throw new SearchRefused(
      "no_project_field",
      "Which project a record belongs to is not known, for PROJECT_FIELD is not set.",
      "Set PROJECT_FIELD to the field that names the project, or ask without a project.",
    );
  }
  const { scope, leftOut } = await scopeOf(deps, index === undefined ? {} : { index }, signal);
  const to = clock.now();
  const within = { from: to - timeHours * HOUR_MS, to };
  const asked: StatisticsScope = {
    indices: scope.indices,
    within,
    ...(project === undefined ? {} : { project }),
  };
  const counted = await statistics.countByTraits(asked, signal);
  const pattern = index ?? indexPattern;
  const request = [pattern, within.from, within.to, size, stratified, project ?? null];
  const drawn = await drawSample(statistics, asked, { size, stratified, request }, signal);
  const isCounted = scope.indices.length > counted.leftOut.length;
  const gaps = joinGaps(counted.gaps, drawn.gaps);
  const truth = truthOf(counted);
  const estimate = estimateBySample(drawn.sample, drawn.slices);
  const accuracy = gaps.length === 0 ? accuracyOf(truth, estimate) : undefined;
  return {
    index: pattern,
    project_uuid: project ?? null,
    time_hours: timeHours,
    from: isoTime(within.from),
    to: isoTime(within.to),
    sample: {
      size,
      taken: drawn.sample.rows.length,
      stratified,
      whole: drawn.sample.whole && isCounted,
      seed: drawn.seed,
      slice_records: drawn.slices.records,
      slice_percent: percent(drawn.slices.share),
    },
    db_statistics: {
      total_logs: isCounted ? truth.total : null,
      error_count: isCounted ? truth.errors : null,
      error_rate: truth.total === 0 ? null : percent(truth.errors / truth.total),
      by_level: Object.fromEntries(mostFirst(truth.byLevel)),
      by_service: Object.fromEntries(mostFirst(truth.byService)),
    },
    ai_statistics: estimatedAnswer(estimate, isCounted),
    accuracy_metrics: accuracyAnswer(accuracy),
    verdict: verdictAnswer(accuracy && verdictOf(accuracy), language),
    left_out: [...leftOut, ...counted.leftOut],
    gaps,
  };
}

function truthOf({
  records: total,
  errors,
  rows,
}: Awaited<ReturnType<RecordStatistics["countByTraits"]>>): Truth {
  const by = (trait: "level" | "service") => {
    const counts = new Map<string, number>();
    for (const row of rows) {
      const name = row[trait] ?? NONE;
      counts.set(name, row.records + (counts.get(name) ?? 0));
    }
    return counts;
  };
  return { total, errors, byLevel: by("level"), byService: by("service") };
}

function estimatedAnswer(
  { total, errors, errorRate, byLevel, byService, intervals, confidence, ...rest }: Estimate,
  isCounted: boolean,
): StatisticsAnswer["ai_statistics"] {
  const counts = (shares: Shares) => {
    const all = [...shares].map(([name, { share }]): [string, number] => {
      return [name, Math.round(total * share)];
    });
    return Object.fromEntries(mostFirst(new Map(all)));
  };
  const ranges = (shares: Shares) =>
    Object.fromEntries([...shares].map(([name, range]) => [name, inPercent(range)]));
  return {
    estimated_by: rest.estimatedBy,
    estimated_total_logs: isCounted ? total : null,
    estimated_error_count: isCounted ? errors : null,
    estimated_error_rate: errorRate === null ? null : percent(errorRate),
    by_level: counts(byLevel),
    by_service: counts(byService),
    intervals: isCounted
      ? {
          total_logs: intervals.total,
          error_count: intervals.errors,
          error_rate: intervals.errorRate && inPercent(intervals.errorRate),
          by_level: ranges(byLevel),
          by_service: ranges(byService),
        }
      : null,
    confidence_score: confidence === null ? null : percent(confidence),
  };
}

function accuracyAnswer(accuracy: Accuracy | undefined): StatisticsAnswer["accuracy_metrics"] {
  const of = (figure: keyof Accuracy["figures"]) =>
    accuracy ? percent(accuracy.figures[figure]) : null;
  return {
    total_logs: of("total_logs"),
    error_count: of("error_count"),
    error_rate: of("error_rate"),
    by_level: of("by_level"),
    by_service: of("by_service"),
    overall_accuracy: accuracy ? percent(accuracy.overall) : null,
    in_interval: accuracy
      ? {
          ...accuracy.held,
          by_level: percent(accuracy.held.by_level),
          by_service: percent(accuracy.held.by_service),
        }
      : null,
  };
}

function verdictAnswer(
  verdict: Verdict | undefined,
  language: Language,
): StatisticsAnswer["verdict"] {
  if (!verdict) return { grade: null, can_replace_db: null, weakest: null };
  const { grade, canReplaceDb, weakest } = verdict;
  return { grade: GRADE_WORDS[language][grade], can_replace_db: canReplaceDb, weakest };
}

function mostFirst(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

function inPercent({ low, high }: Interval): Interval {
  return { low: percent(low), high: percent(high) };
}

/** With four decimals: one record of a million shows. */
function percent(share: number): number {
  return Math.round(share * 1e6) / 1e4;
}
