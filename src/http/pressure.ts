import { Refused } from "./problem.ts";
import type { App } from "./routes.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered however late the event loop is. */
    underPressure?: true;
  }
}

/** Each look wakes an idle process: hundreds a second would cost more than all that is served. */
const LOOK_EVERY_MS = 500;
const RETRY_AFTER_SECONDS = 5;

/** Strangers wait while the event loop is later than `maxDelayMs`: the work itself suffers then. */
export function guardPressure(app: App, maxDelayMs: number): void {
  let delayMs = 0;
  let lookedAt = performance.now();
  const looking = setInterval(() => {
    const now = performance.now();
    delayMs = now - lookedAt - LOOK_EVERY_MS;
    lookedAt = now;
  }, LOOK_EVERY_MS);
  looking.unref();
  app.addHook("onClose", async () => clearInterval(looking));
  app.addHook("onRequest", async ({ routeOptions }) => {
    if (delayMs <= maxDelayMs || routeOptions.config.underPressure) return;
    throw new Refused(503, "This process is too busy with its own work to answer.", {
      retryAfter: RETRY_AFTER_SECONDS,
    });
  });
}
