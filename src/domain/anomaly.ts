import { z } from "zod";

/** The series checked for anomalies: durations, and the number of failed records. */
export const SERIES = ["select", "embed", "write", "cycle", "search", "errors"] as const;
export type Series = (typeof SERIES)[number];

/** A value outside its usual range at this hour. */
export const anomalyShape = z.object({
  series: z.enum(SERIES),
  since: z.string().describe("ISO 8601, UTC."),
  sentence: z
    .string()
    .describe(
      'For a person: "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC".',
    ),
  value: z.number().describe("For `errors` records a minute, for all others milliseconds."),
  usual: z.tuple([z.number(), z.number()]).describe("Lowest and highest, in the same unit."),
});
export type Anomaly = z.infer<typeof anomalyShape>;
