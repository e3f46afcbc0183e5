import { z } from "zod";
import type { EmbedAnswer } from "../../ports.ts";
import { type FaultContext, nonsenseFault } from "../http-faults.ts";
import { placeVectors } from "../place-vectors.ts";
import { readVector } from "../read-vector.ts";
import { messageIn } from "../server-message.ts";

// The vectors are read by readVector: a schema for each number would cost more than the request.
const answerSchema = z.object({
  data: z.array(z.object({ index: z.number().nullish(), embedding: z.unknown() })),
  usage: z
    .object({ total_tokens: z.number().nullish(), prompt_tokens: z.number().nullish() })
    .nullish()
    .catch(null),
});

/** Reads the answer to a request of `count` texts. Throws an `outage` Fault where it makes no sense. */
export function readOpenAiAnswer(body: unknown, count: number, context: FaultContext): EmbedAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) {
    const said = typeof body === "string" ? "" : messageIn(body);
    throw nonsenseFault(`the answer holds no embeddings${said && `: ${said}`}`, context);
  }
  const { data, usage } = parsed.data;
  const byPosition =
    data.length === count && data.every(({ index }) => index === undefined || index === null);
  const answered = data.map(({ index, embedding }, position) => ({
    place: byPosition ? position : (index ?? undefined),
    vector: readVector(embedding),
  }));
  return {
    vectors: placeVectors(count, answered),
    tokens: usage?.total_tokens ?? usage?.prompt_tokens ?? null,
  };
}
