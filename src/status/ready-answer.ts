import { z } from "zod";
import { DEPENDENCY_NAMES } from "./issues/issue.ts";

/** How a server that this process needs is doing. Times are ISO 8601, UTC. */
export const dependencyShape = z.object({
  name: z.enum(DEPENDENCY_NAMES),
  ready: z.boolean(),
  latency_ms: z.number().nullable().describe("Of the last answer; null where there was none."),
  last_success: z.string().nullable().describe("ISO 8601, UTC."),
  error: z
    .object({ kind: z.string(), message: z.string(), hint: z.string(), since: z.string() })
    .nullable(),
});
export type Dependency = z.infer<typeof dependencyShape>;

export type Readiness = { ready: boolean; dependencies: Dependency[] };

/** What `GET /ready` answers. Latency, last success and error are only for clients that send the token. */
export const readyShape = z.object({
  status: z.enum(["ready", "not ready"]),
  dependencies: z.array(
    dependencyShape.partial({ latency_ms: true, last_success: true, error: true }),
  ),
});

/** Errors name hosts and clusters, so only a trusted client gets them. */
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
