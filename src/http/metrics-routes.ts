import { z } from "zod";
import { Fault } from "../domain/faults.ts";
import { createGlance } from "./glance.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";
import { createSharedAnswer } from "./shared-answer.ts";
import type { SharedParts } from "./shared-parts.ts";

/** However often it is scraped, the others are asked no more often than this. */
const ASK_EVERY_MS = 30_000;
/** What was heard longer ago is not known any more. */
const MAX_AGE_MS = 2 * 60_000;
/** A scrape waits no longer than this for what is asked only now. */
const PATIENCE_MS = 1000;
/** More than a scrape every second by several of them. */
const SCRAPES = { max: 600, timeWindow: "1 minute" };

const TEXT = { description: "OK", content: { "text/plain": { schema: z.string() } } };

/** What Prometheus scrapes: as soon as anything, under pressure and while the others are away too. */
export function addMetricsRoute(
  app: App,
  { metrics, clock }: Pick<HttpParts, "metrics" | "clock">,
  shared: SharedParts,
): void {
  const status = createLastHeard(shared.status, clock);
  const readiness = createLastHeard(shared.readiness, clock);
  app.get(
    "/metrics",
    {
      config: { rateLimit: SCRAPES, underPressure: true },
      schema: {
        tags: ["state"],
        summary: "Metrics in Prometheus' text format",
        response: { 200: TEXT, ...refusals(401, 429) },
      },
    },
    async (_request, reply) => {
      const [heard, ready] = await Promise.all([status(), readiness()]);
      const { type, body } = await metrics({ status: heard, readiness: ready });
      return reply.type(type).send(body);
    },
  );
}

/** The latest answer, or the one before where that takes long; undefined where there is none that is worth anything. */
function createLastHeard<T>(read: () => Promise<T>, clock: HttpParts["clock"]) {
  const heard = async () => ({ answer: await read(), at: clock.now() });
  const shared = createSharedAnswer(heard, { maxAgeMs: ASK_EVERY_MS, clock });
  const glance = createGlance(shared, { patienceMs: PATIENCE_MS, clock });
  return async () => {
    try {
      const last = await glance.soon();
      return last && Math.abs(clock.now() - last.at) < MAX_AGE_MS ? last.answer : undefined;
    } catch (error) {
      if (error instanceof Fault) return undefined;
      throw error;
    }
  };
}
