import { z } from "zod";
import { statusShape } from "../status/status-shape.ts";
import { overviewShape } from "../status/overview/overview.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";
import type { SharedParts } from "./shared-parts.ts";

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
          "Everything that the page shows: state in a word, coverage, cycles, consumer, money, issues",
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
        summary: "Starts a cycle (a drain with BACKFILL_DRAIN) now",
        response: { 202: cycleShape, ...refusals(401, 403, 404, 409, 429, 503) },
      },
    },
    async (_request, reply) => {
      switch (startCycle?.()) {
        case "started":
          return reply.code(202).send({ status: "started" as const });
        case "running":
          throw new Refused(409, "A cycle is running already.");
        case "stopping":
          throw new Refused(503, "This process is about to end.");
        case undefined:
          throw new Refused(404, "This process runs no cycles; ask the daemon.");
      }
    },
  );
}
