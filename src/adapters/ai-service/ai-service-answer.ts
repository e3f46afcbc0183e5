import { z } from "zod";
import type { EmbedAnswer } from "../../ports.ts";
import { type FaultContext, nonsenseFault } from "../http-faults.ts";
import { placeVectors } from "../place-vectors.ts";
import { readVector } from "../read-vector.ts";
import { messageIn } from "../server-message.ts";

// The vectors are read by readVector: a schema for each number would cost more than the request.
const answerSchema = z.object({
  embeddings: z.array(
    z.object({ log_id: z.union([z.string(), z.number()]), embedding: z.unknown() }),
  ),
  usage: z.object({ total_tokens: z.number().nullish() }).nullish().catch(null),
});

/** Reads the answer to a request of these ids. Throws an `outage` Fault where it makes no sense. */
export function readAiServiceAnswer(
  body: unknown,
  logIds: readonly string[],
  context: FaultContext,
): EmbedAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) {
    const said = typeof body === "string" ? "" : messageIn(body);
    throw nonsenseFault(`the answer holds no embeddings${said && `: ${said}`}`, context);
  }
  const places = new Map(logIds.map((id, place) => [id, place]));
  const answered = parsed.data.embeddings.map(({ log_id, embedding }) => ({
    place: places.get(String(log_id)),
    vector: readVector(embedding),
  }));
  return {
    vectors: placeVectors(logIds.length, answered),
    tokens: parsed.data.usage?.total_tokens ?? null,
  };
}
