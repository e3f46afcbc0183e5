import { z } from "zod";
import { CHOSEN_BY, otherModelsShape, type ModelInForce } from "../domain/other-models.ts";
import { gapsShape } from "../domain/partial.ts";
import { unfitIndexShape } from "../domain/survey.ts";
import { openBreakerShape } from "../limits/breaker.ts";
import { spentTodayShape } from "../limits/spending.ts";
import { lastSweepShape } from "../pipeline/sweep-state.ts";
import { processEntryShape, ROLES } from "./heartbeat.ts";
import { issueShape } from "./issues/issue.ts";
import { streamStatusShape } from "./stream-status.ts";
import { PROCESS_STATES } from "./process-health.ts";

const count = z.int().nonnegative();

const seenRowShape = z.object({
  records: count,
  vectorized: count.describe("With a vector of the model in force."),
  other_model: count,
  pending: count,
  quarantined: count,
  without_text: count,
  coverage: z.number().describe("Share of `vectorized` among the records with a text, 0 to 1."),
});
const unseenRowShape = z.object({
  records: z.null(),
  vectorized: z.null(),
  other_model: z.null(),
  pending: z.null(),
  quarantined: z.null(),
  without_text: z.null(),
  coverage: z.null(),
});
const rowShape = z.union([seenRowShape, unseenRowShape]);
export type SeenRow = z.infer<typeof seenRowShape>;
/** Of what could not be seen in whole nothing is counted. */
export type StatusRow = z.infer<typeof rowShape>;

const ofIndex = {
  index: z.string(),
  search: z.enum(["graph", "exact"]),
  oldest_pending: z
    .string()
    .nullable()
    .describe("ISO 8601; null where none is pending, it has no time, or that could not be seen."),
};

const modelShape = z.object({
  model: z.string(),
  dimensions: count,
  own_dimensions: count
    .exactOptional()
    .describe("The only length that the model makes, where it is known; what is more are zeros."),
  chosen_by: z
    .enum(CHOSEN_BY)
    .describe(
      "Its name in EMBEDDING_MODEL, or the provider's default; or what rules out the default of the local embedder: EMBEDDING_DIMENSIONS, or the vectors in the store.",
    ),
  local_default: z
    .object({ name: z.string(), dimensions: count })
    .exactOptional()
    .describe("The default of the local embedder, where EMBEDDING_MODEL is not set."),
});

/** The same as the domain has it. */
export function modelInForce(of: Status["model"]): ModelInForce {
  const { own_dimensions: ownDimensions, local_default: localDefault, ...model } = of;
  return {
    model: model.model,
    dimensions: model.dimensions,
    chosenBy: model.chosen_by,
    ...(ownDimensions !== undefined && { ownDimensions }),
    ...(localDefault && { localDefault }),
  };
}

/** Coverage and backlog as `status --json` prints them and `GET /api/v1/status` answers. Times are ISO 8601, UTC. */
export const statusShape = z.object({
  indices: z.array(z.union([seenRowShape.extend(ofIndex), unseenRowShape.extend(ofIndex)])),
  total: rowShape,
  model: modelShape.describe("Whose vectors count."),
  other_models: otherModelsShape.nullable(),
  unfit: z.array(unfitIndexShape),
  textless: z
    .array(
      z.object({
        index: z.string(),
        looked_in: z.array(z.string()).readonly(),
        fields: z.array(z.string()).readonly(),
      }),
    )
    .describe("Indices in which no record has a text, and where there may be one."),
  unsearchable: z
    .array(z.object({ index: z.string(), reason: z.string() }))
    .describe("Fit indices whose vectors no search finds, and why."),
  looping: z
    .array(z.object({ index: z.string(), records: count }))
    .describe("Records that lose their vectors repeatedly, and are left without."),
  held_vectors: count.describe(
    "Vectors that are paid for and that no record has yet, of all processes of this state directory.",
  ),
  gaps: gapsShape.describe("What could not be seen: it has no counts, and there is no total."),
  breaker: openBreakerShape
    .nullable()
    .describe("Why the embedder refuses every request; null where it took the last one."),
  spent_today: spentTodayShape,
  sweep: lastSweepShape
    .nullable()
    .describe("The latest sweep; null where there was none from this state directory."),
  kafka: streamStatusShape.nullable(),
  daemon: processEntryShape.nullable(),
  tail: processEntryShape.nullable(),
  worker: processEntryShape.nullable(),
  processes: z
    .array(
      z.object({
        role: z.enum(ROLES),
        pid: z.number(),
        host: z.string(),
        state: z.enum(PROCESS_STATES),
        heartbeat_at: z.string(),
      }),
    )
    .describe("Every process of this state directory, and how it is."),
  issues: z.array(issueShape).describe("What is wrong, as far as the above says it."),
});
export type Status = z.infer<typeof statusShape>;
