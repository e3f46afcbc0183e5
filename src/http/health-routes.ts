import { z } from "zod";
import { readyAnswer, readyShape } from "../status/ready-answer.ts";
import type { HttpParts } from "./parts.ts";
import type { App } from "./routes.ts";
import type { SharedParts } from "./shared-parts.ts";

const healthShape = z.object({ status: z.literal("ok"), version: z.string() });

/** For those who watch over processes: open without a token, and answered under pressure too. */
export function addHealthRoutes(
  app: App,
  { version }: Pick<HttpParts, "version">,
  { readiness }: SharedParts,
): void {
  const config = { open: true, underPressure: true } as const;
  const tags = ["health"];
  app.get(
    "/health",
    {
      config,
      schema: { tags, summary: "Whether the process is alive", response: { 200: healthShape } },
    },
    async () => ({ status: "ok" as const, version }),
  );
  const description =
    "OpenSearch, the embedder and Kafka, each with latency, last success and error; these details only for " +
    "who shows the token. Costs nothing.";
  app.get(
    "/ready",
    {
      config,
      schema: {
        tags,
        summary: "Whether everybody that the process needs is there",
        description,
        response: { 200: readyShape, 503: readyShape },
      },
    },
    async ({ trusted }, reply) => {
      const answer = await readiness();
      return reply.code(answer.ready ? 200 : 503).send(readyAnswer(answer, { trusted }));
    },
  );
}
