import { z } from "zod";
import type { EmbedAnswer } from "../../ports/embedder.ts";
import { emptyAnswerFault, type FaultContext } from "../http/http-faults.ts";
import { alignVectors } from "../http/align-vectors.ts";
import { allowanceIn } from "../http/rate-headers.ts";
import { readVector } from "../http/read-vector.ts";

const tokenCount = z.int().nonnegative().nullish();

// readVector checks the vectors: a schema for each number would cost more than the request.
const answerSchema = z.object({
  embeddings: z.array(
    z.object({ log_id: z.union([z.string(), z.number()]), embedding: z.unknown() }),
  ),
  usage: z.object({ total_tokens: tokenCount }).nullish().catch(null),
});

/** Reads the answer for these ids. Throws a Fault where it holds no vectors. */
export function readAiServiceAnswer(
  { body, headers }: { body: unknown; headers: Pick<Headers, "get"> },
  logIds: readonly string[],
  context: FaultContext,
): EmbedAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw emptyAnswerFault(body, headers, context);
  const places = new Map(logIds.map((id, position) => [id, position]));
  const answered = parsed.data.embeddings.map(({ log_id, embedding }) => ({
    position: places.get(String(log_id)),
    vector: readVector(embedding),
  }));
  const allowance = allowanceIn(headers, context.nowMs);
  return {
    vectors: alignVectors(logIds.length, answered),
    tokens: parsed.data.usage?.total_tokens ?? null,
    ...(allowance && { allowance }),
  };
}
