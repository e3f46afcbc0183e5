import { z } from "zod";
import { DEPENDENCY_NAMES } from "./issues/issue.ts";
import type { Readiness } from "./readiness.ts";

const dependencyShape = z.object({
  name: z.enum(DEPENDENCY_NAMES),
  ready: z.boolean(),
  latency_ms: z
    .number()
    .nullable()
    .exactOptional()
    .describe("Of the last answer; null where there was none."),
  last_success: z.string().nullable().exactOptional().describe("ISO 8601, UTC."),
  error: z
    .object({ kind: z.string(), message: z.string(), hint: z.string(), since: z.string() })
    .nullable()
    .exactOptional(),
});

/** What `GET /ready` answers. Latency, last success and error are only for who shows the token. */
export const readyShape = z.object({
  status: z.enum(["ready", "not ready"]),
  dependencies: z.array(dependencyShape),
});

/** Errors name hosts and clusters: not for everybody. */
export function readyAnswer(
  { ready, dependencies }: Readiness,
  { trusted }: { trusted: boolean },
): z.infer<typeof readyShape> {
  const names = dependencies.map((one) => ({ name: one.name, ready: one.ready }));
  return {
    status: ready ? "ready" : "not ready",
    dependencies: trusted ? dependencies : names,
  };
}
