import type { FastifyReply } from "fastify";
import { linkedAbort } from "../concurrency/time-limit.ts";
import type { StopSignals } from "../ports/stop-signals.ts";

/**
 * Signals for work that a caller waits for: once the caller is gone nothing new begins. Requests in flight are paid for: they go on
 * without him, and the next one finds it.
 */
export function whileAsked(stop: StopSignals, { raw }: Pick<FastifyReply, "raw">): StopSignals {
  const asking = linkedAbort(stop.requested);
  raw.once("close", () => {
    asking.abort(undefined);
    asking[Symbol.dispose]();
  });
  return { ...stop, requested: asking.signal };
}
