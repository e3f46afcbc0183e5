import type { FastifyReply } from "fastify";
import type { StopSignals } from "../ports/stop-signals.ts";

/**
 * Signals for what a caller waits for: once he is gone nothing new is begun. What is under way is paid for: it goes on
 * without him, and the next one finds it.
 */
export function whileAsked(stop: StopSignals, { raw }: Pick<FastifyReply, "raw">): StopSignals {
  const gone = new AbortController();
  raw.once("close", () => gone.abort());
  return { ...stop, requested: AbortSignal.any([stop.requested, gone.signal]) };
}
