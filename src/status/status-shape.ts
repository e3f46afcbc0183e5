import { z } from "zod";
import { REEMBED } from "../domain/other-models.ts";
import { openBreakerShape } from "../limits/breaker.ts";
import { processEntryShape, ROLES } from "./heartbeat.ts";
import { issueShape } from "./issues/issue.ts";

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

/** What could not be seen, and why. */
export const gapsShape = z.array(z.object({ index: z.string(), reason: z.string() })).readonly();

/** Records whose vectors are not of the model in force, and what new ones would take. */
export const otherModelsShape = z.object({
  records: count,
  models: z
    .array(z.object({ model: z.string().nullable(), dimensions: count.nullable(), records: count }))
    .readonly(),
  estimate: z.object({ tokens: count, cost_usd: z.number().nullable() }).nullable(),
  command: z.literal(REEMBED),
});

const unfitShape = z.object({
  index: z.string(),
  reason: z.string(),
  fix: z.string().exactOptional().describe("A command or a setting that makes it fit."),
  dimensions: count.exactOptional(),
  intentional: z.literal(true).exactOptional().describe("Somebody made it so, or it has no logs."),
});

const kafkaShape = z.object({
  lag: count.nullable(),
  partitions: z.array(
    z.object({
      group: z.string(),
      topic: z.string(),
      partition: z.union([count, z.string()]),
      committed: z.int().nullable(),
      end: z.int(),
      lag: count,
    }),
  ),
  errors: z.array(z.string()),
});

/** Coverage and backlog as `status --json` prints them and `GET /api/v1/status` answers. Times are ISO 8601, UTC. */
export const statusShape = z.object({
  indices: z.array(z.union([seenRowShape.extend(ofIndex), unseenRowShape.extend(ofIndex)])),
  total: rowShape,
  model: z.object({ model: z.string(), dimensions: count }).describe("Whose vectors count."),
  other_models: otherModelsShape.nullable(),
  unfit: z.array(unfitShape),
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
    .describe("Records that lose their vectors again and again, and are left without."),
  gaps: gapsShape.describe("What could not be seen: it has no counts, and there is no total."),
  breaker: openBreakerShape
    .nullable()
    .describe("Why the embedder refuses every request; null where it took the last one."),
  spent_today: z.object({
    day: z.string(),
    tokens: count,
    cost_usd: z.number().nullable(),
    unpriced_tokens: count.exactOptional(),
    limit_usd: z.number().nullable(),
  }),
  kafka: kafkaShape.nullable(),
  daemon: processEntryShape.nullable(),
  tail: processEntryShape.nullable(),
  worker: processEntryShape.nullable(),
  processes: z
    .array(
      z.object({
        role: z.enum(ROLES),
        pid: z.number(),
        host: z.string(),
        state: z.enum(["running", "stopped", "died", "not_responding", "silent"]),
        heartbeat_at: z.string(),
      }),
    )
    .describe("Every process of this state directory, and how it is."),
  issues: z.array(issueShape).describe("What is wrong, as far as the above says it."),
});
export type Status = z.infer<typeof statusShape>;
