import { z } from "zod";
import { gapsShape } from "../../domain/partial.ts";
import { FIGURES } from "./accuracy.ts";

const whole = z.int().nonnegative();
const percent = z.number().min(0).max(100);
const names = z.record(z.string(), whole);
const rateInterval = z.object({ low: percent, high: percent });
const countInterval = z.object({
  low: whole,
  high: whole.nullable().describe("null: nothing bounds it."),
});

const dbShape = z.object({
  total_logs: whole.nullable().describe("null: no index could be counted."),
  error_count: whole.nullable().describe("Records of ENRICHMENT_LEVELS."),
  error_rate: percent.nullable().describe("Percent; null without records."),
  by_level: names.describe("Records of each level, in capitals; (none): without one."),
  by_service: names.describe("Records of each service, of all levels; (none): without one."),
});

const aiShape = z.object({
  estimated_by: z
    .string()
    .describe("Who estimates. sample: no model, the sample's own shares with their intervals."),
  estimated_total_logs: whole.nullable(),
  estimated_error_count: whole.nullable(),
  estimated_error_rate: percent.nullable().describe("Percent."),
  by_level: names.describe("Estimated records of each level that the sample has."),
  by_service: names.describe("Estimated records of each service that the sample has."),
  intervals: z
    .object({
      total_logs: countInterval,
      error_count: countInterval,
      error_rate: rateInterval.nullable().describe("Percent."),
      by_level: z.record(z.string(), rateInterval).describe("Shares in percent."),
      by_service: z.record(z.string(), rateInterval).describe("Shares in percent."),
    })
    .nullable()
    .describe("Each holds the truth in 95 of 100 samples."),
  confidence_score: percent
    .nullable()
    .describe("How narrow the intervals of total and error rate are; 100: both are exact."),
});

const figure = percent.nullable();
const accuracyShape = z.object({
  total_logs: figure.describe("100 without the relative error in percent, at least 0."),
  error_count: figure.describe("The same."),
  error_rate: figure.describe("The same."),
  by_level: figure.describe("100 without the total variation distance of the shares in percent."),
  by_service: figure.describe("The same."),
  overall_accuracy: figure.describe("The mean of the five."),
  in_interval: z
    .object({
      total_logs: z.boolean(),
      error_count: z.boolean(),
      error_rate: z.boolean(),
      by_level: percent.describe("Levels whose share is in its interval."),
      by_service: percent.describe("Services whose share is in its interval."),
    })
    .nullable()
    .describe("Whether the intervals hold what the store counted."),
});

/** What `statistics compare` prints with `--json`, and its route answers. Times are ISO 8601, UTC. */
export const statisticsAnswerShape = z.object({
  index: z.string().describe("The pattern of the indices that were asked about."),
  project_uuid: z.string().nullable().describe("null: all projects."),
  time_hours: whole,
  from: z.string(),
  to: z.string().describe("The end of the window, which is not in it."),
  sample: z.object({
    size: whole.describe("How many records were asked for."),
    taken: whole.describe("How many there were to take."),
    stratified: z.boolean().describe("By tenths of the window, in proportion to their records."),
    whole: z.boolean().describe("It has every record of the window."),
    seed: whole.describe("Of random_score; made of the request."),
    slice_records: whole.describe("Records in the ten slices, by which the total is estimated."),
    slice_percent: percent.describe("Their share of the window."),
  }),
  db_statistics: dbShape.describe("What the store counts, exactly."),
  ai_statistics: aiShape.describe("What is estimated of the same from the sample."),
  accuracy_metrics: accuracyShape.describe(
    "In percent; null without records, and where not all could be seen.",
  ),
  verdict: z.object({
    grade: z.string().nullable().describe("In the language that was asked for."),
    can_replace_db: z
      .boolean()
      .nullable()
      .describe("overall_accuracy is at least 95 and no figure is below 90."),
    weakest: z.enum(FIGURES).nullable().describe("The figure of the least accuracy."),
  }),
  left_out: z
    .array(z.object({ index: z.string(), reason: z.string() }))
    .describe("Indices that are neither counted nor sampled."),
  gaps: gapsShape.describe("Parts of the indices that did not answer: counts are too low."),
});
export type StatisticsAnswer = z.infer<typeof statisticsAnswerShape>;
