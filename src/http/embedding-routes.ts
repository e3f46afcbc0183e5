import { z } from "zod";
import { Fault } from "../domain/faults.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";
import { whileAsked } from "./while-asked.ts";

/** As the AI service has them; see the adapter of that name for the other end. */
const logShape = z.object({
  log_id: z.string().min(1).max(1024),
  message: z.string().refine((text) => text.trim() !== "", "must not be blank"),
  trace_id: z.string().max(256).optional(),
});
const bodyShape = z.object({ logs: z.array(logShape).min(1).max(1000) });
const answerShape = z.object({
  embeddings: z.array(z.object({ log_id: z.string(), embedding: z.array(z.number()) })),
  usage: z.object({ total_tokens: z.int().nonnegative() }),
});

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Bodies and vectors of so many requests are held in memory; further requests are told to come again. */
const AT_ONCE = 8;

/** Makes this process an AI service of others: what they send is masked, found and paid for as our own records are. */
export function addEmbeddingRoutes(app: App, { embed, stop }: HttpParts): void {
  let inFlight = 0;
  app.post(
    "/api/v1/embedding/batch",
    {
      bodyLimit: MAX_BODY_BYTES,
      // Before its body is read.
      async preParsing(_request, reply) {
        if (inFlight >= AT_ONCE) {
          throw new Refused(429, `${AT_ONCE} batches are in flight already.`, { retryAfter: 1 });
        }
        inFlight++;
        reply.raw.once("close", () => inFlight--);
      },
      schema: {
        tags: ["embedding"],
        summary: "Vectors of log messages, as an AI service gives them",
        description:
          "Equal texts, and those that some document has the vector of, cost nothing. 422: the embedder refuses one " +
          "of the messages for its own sake; what the others were paid for is kept for the next try.",
        body: bodyShape,
        response: { 200: answerShape, ...refusals(400, 401, 403, 413, 422, 429, 503) },
      },
    },
    async ({ body: { logs } }, reply) => {
      const messages = logs.map(({ log_id: id, message, trace_id: traceId }) => ({
        id,
        message,
        ...(traceId === undefined ? {} : { traceId }),
      }));
      const { vectors, use, fault } = await embed(messages, whileAsked(stop, reply));
      const embeddings = logs.flatMap(({ log_id: id }, i) => {
        const vector = vectors[i];
        return vector ? [{ log_id: id, embedding: Array.from(vector, rounded) }] : [];
      });
      if (embeddings.length < logs.length) throw fault ?? stopped();
      return { embeddings, usage: { total_tokens: use.tokens } };
    },
  );
}

/** Digits beyond a float32's are twice the text, and nothing more. */
function rounded(value: number): number {
  return Math.round(value * 1e8) / 1e8;
}

function stopped(): Fault {
  return new Fault("outage", "This process is about to end.");
}
