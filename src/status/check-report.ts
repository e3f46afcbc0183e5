import { z } from "zod";
import { faultJson, faultShape, type Fault } from "../domain/faults.ts";
import { estimateShape, otherModelsShape } from "../domain/other-models.ts";
import { gapsShape } from "../domain/partial.ts";
import { fitIndexShape, unfitIndexShape } from "../domain/survey.ts";

const checkShape = z.object({
  name: z.string(),
  result: z
    .enum(["ok", "warning", "failed"])
    .describe("warning: worth knowing, and it stops nothing."),
  detail: z.string(),
  hint: z.string().exactOptional(),
});
export type Check = z.infer<typeof checkShape>;

const reportShape = z.object({
  checks: z.array(checkShape),
  fit: z.array(fitIndexShape),
  unfit: z.array(unfitIndexShape),
  pending: z.int().nullable().describe("null where not all of them could be seen."),
  gaps: gapsShape.describe("What could not be seen of the fit indices."),
  estimate: estimateShape
    .nullable()
    .describe("An upper bound from a sample: equal texts are paid for once."),
  other_models: otherModelsShape
    .nullable()
    .describe("Records with vectors of another model; null where there are none."),
  samples: z.array(
    z.object({
      index: z.string(),
      id: z.string(),
      dimensions: z.int(),
      latency_ms: z.number(),
    }),
  ),
  updates: z
    .array(
      z.object({ index: z.string(), allowed: z.boolean(), reason: z.string().exactOptional() }),
    )
    .describe("Whether updates of each index are allowed; nothing was written."),
});
/** `fault`: the first dependency that could not be used at all. */
export type CheckReport = z.infer<typeof reportShape> & { fault?: Fault };

/** What `check --json` prints. */
export const checkAnswerShape = reportShape.extend({
  ok: z.boolean().describe("No check failed."),
  error: faultShape.exactOptional().describe("The first dependency that could not be used at all."),
});

export function checkAnswer({ fault, ...report }: CheckReport): z.infer<typeof checkAnswerShape> {
  const ok = report.checks.every(({ result }) => result !== "failed");
  return { ...(fault && { error: faultJson(fault) }), ok, ...report };
}
