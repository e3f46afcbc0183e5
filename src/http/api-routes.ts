import { z } from "zod";
import { REEMBED } from "../domain/other-models.ts";
import type { Overview } from "../status/overview/overview.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";
import type { SharedParts } from "./shared-parts.ts";

const count = z.int().nonnegative();
/** null: not all of them could be seen. */
const seen = count.nullable();
const row = z.looseObject({
  records: seen,
  vectorized: seen,
  other_model: seen,
  pending: seen,
  quarantined: seen,
  without_text: seen,
  coverage: z.number().nullable(),
});
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
const statusShape = z.looseObject({
  indices: z.array(row.extend({ index: z.string(), search: z.enum(["graph", "exact"]) })),
  total: row,
  model: z.object({ model: z.string(), dimensions: count }),
  other_models: otherModelsShape.nullable(),
  unfit: z.array(z.looseObject({ index: z.string(), reason: z.string() })),
  textless: z.array(
    z.object({
      index: z.string(),
      looked_in: z.array(z.string()).readonly(),
      fields: z.array(z.string()).readonly(),
    }),
  ),
  gaps: gapsShape,
});
const overviewShape = z.custom<Overview>().meta({ type: "object", additionalProperties: true });
const cycleShape = z.object({ status: z.literal("started") });

/** State as JSON, and a cycle out of turn. */
export function addApiRoutes(
  app: App,
  { startCycle }: Pick<HttpParts, "startCycle">,
  { status, overview }: SharedParts,
): void {
  app.get(
    "/api/v1/status",
    {
      schema: {
        tags: ["state"],
        summary: "Coverage and backlog per index: what `log-vectorizer status --json` prints",
        response: { 200: statusShape, ...refusals(401, 503) },
      },
    },
    async () => status(),
  );
  app.get(
    "/api/v1/overview",
    {
      schema: {
        tags: ["state"],
        summary:
          "Everything that the page shows: state in a word, coverage, cycles, consumer, money, troubles",
        response: { 200: overviewShape, ...refusals(401) },
      },
    },
    async () => overview(),
  );
  app.post(
    "/api/v1/cycle",
    {
      config: { rateLimit: { max: 30, timeWindow: "1 minute" } },
      schema: {
        tags: ["work"],
        summary: "Starts a cycle (a drain with BACKFILL_DRAIN) out of turn",
        response: { 202: cycleShape, ...refusals(401, 403, 404, 409, 429, 503) },
      },
    },
    async (_request, reply) => {
      switch (startCycle?.()) {
        case "started":
          return reply.code(202).send({ status: "started" as const });
        case "running":
          throw new Refused(409, "A cycle is under way already.");
        case "stopping":
          throw new Refused(503, "This process is about to end.");
        case undefined:
          throw new Refused(404, "This process runs no cycles; ask the daemon.");
      }
    },
  );
}
