import { z } from "zod";
import type { Readiness } from "../status/readiness.ts";
import type { HttpParts } from "./parts.ts";
import type { App } from "./routes.ts";
import type { SharedParts } from "./shared-parts.ts";

const healthShape = z.object({ status: z.literal("ok"), version: z.string() });

const dependencyShape = z.object({
  name: z.enum(["opensearch", "embedder", "kafka"]),
  ready: z.boolean(),
  latency_ms: z.number().nullable().optional(),
  last_success: z.string().nullable().optional(),
  error: z
    .object({ kind: z.string(), message: z.string(), hint: z.string(), since: z.string() })
    .nullable()
    .optional(),
});
const readyShape = z.object({
  status: z.enum(["ready", "not ready"]),
  dependencies: z.array(dependencyShape),
});

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
      return reply.code(answer.ready ? 200 : 503).send(shown(answer, trusted));
    },
  );
}

/** Errors name hosts and clusters: not for everybody. */
function shown({ ready, dependencies }: Readiness, trusted: boolean): z.infer<typeof readyShape> {
  const names = dependencies.map((one) => ({ name: one.name, ready: one.ready }));
  return {
    status: ready ? "ready" : "not ready",
    dependencies: trusted ? dependencies : names,
  };
}
