import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";

/** How the embedder's own requests went; nothing is asked for the sake of it. */
export type EmbedderHistory = {
  /** Milliseconds since the epoch. */
  lastSuccessAt?: number;
  /** Of the latest request that was answered. */
  latencyMs?: number;
  /** The faults since the last success: the latest, and when the first of them was. */
  failing?: { fault: Fault; since: number; at: number };
};

/** The same embedder, which tells of each request, and what became of its requests so far. */
export function watchEmbedder(
  embedder: Embedder,
  clock: Pick<Clock, "now">,
  events: Pick<Events, "callBegan" | "callEnded">,
): { embedder: Embedder; history(): EmbedderHistory } {
  let history: EmbedderHistory = {};
  return {
    history: () => history,
    embedder: {
      ...embedder,
      async embed(inputs, signal) {
        const startedAt = clock.now();
        const ended = (fault?: Fault) =>
          events.callEnded({
            target: "embedder",
            durationMs: clock.now() - startedAt,
            ...(fault && (signal.aborted ? { abandoned: true } : { fault })),
          });
        events.callBegan({ target: "embedder" });
        try {
          const answer = await embedder.embed(inputs, signal);
          ended();
          history = { lastSuccessAt: clock.now(), latencyMs: clock.now() - startedAt };
          return answer;
        } catch (error) {
          ended(error instanceof Fault ? error : undefined);
          // A text's own fault says nothing about the embedder, nor does an answer that came after the caller had left.
          if (!(error instanceof Fault) || error.kind === "record" || signal.aborted) throw error;
          const at = clock.now();
          history = {
            ...history,
            failing: { fault: error, since: history.failing?.since ?? at, at },
          };
          throw error;
        }
      },
    },
  };
}
