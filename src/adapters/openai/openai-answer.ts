import { z } from "zod";
import type { EmbedAnswer } from "../../ports/embedder.ts";
import { emptyAnswerFault, type FaultContext } from "../http/http-faults.ts";
import { alignVectors } from "../http/align-vectors.ts";
import { allowanceIn } from "../http/rate-headers.ts";
import { readVector } from "../http/read-vector.ts";

const tokenCount = z.int().nonnegative().nullish();

// readVector checks the vectors: a schema for each number would cost more than the request.
const answerSchema = z.object({
  data: z.array(z.object({ index: z.number().nullish(), embedding: z.unknown() })),
  usage: z.object({ total_tokens: tokenCount, prompt_tokens: tokenCount }).nullish().catch(null),
});

/** Reads the answer for `count` texts. Throws a Fault where it holds no vectors. */
export function readOpenAiAnswer(
  { body, headers }: { body: unknown; headers: Pick<Headers, "get"> },
  count: number,
  context: FaultContext,
): EmbedAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw emptyAnswerFault(body, headers, context);
  const { data, usage } = parsed.data;
  const byPosition =
    data.length === count && data.every(({ index }) => index === undefined || index === null);
  const answered = data.map(({ index, embedding }, at) => ({
    position: byPosition ? at : (index ?? undefined),
    vector: readVector(embedding),
  }));
  const allowance = allowanceIn(headers, context.nowMs);
  return {
    vectors: alignVectors(count, answered),
    tokens: usage?.total_tokens ?? usage?.prompt_tokens ?? null,
    ...(allowance && { allowance }),
  };
}
