import { noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import { embedText } from "../pipeline/collect-vectors.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { SearchDeps } from "./search-deps.ts";
import { SearchRefused } from "./search-refused.ts";

/** The vector of a text that is not stored, paid for once across restarts. Throws a SearchRefused, or a Fault. */
export async function embedQuery(
  deps: SearchDeps,
  asked: { text: string; logId: string },
  stop: StopSignals,
): Promise<StoredVector & { use: EmbeddingUse }> {
  const { embedder, queryVectors } = deps;
  const isFree = embedder.pricePerMillionTokens === 0;
  const known = isFree ? undefined : await queryVectors.find(asked.text);
  if (known) return { ...known, use: noEmbedding(embedder.pricePerMillionTokens) };
  const embedded = await embedText(deps, asked, stop);
  if ("refused" in embedded) throw new SearchRefused("text_refused", embedded.refused);
  if (!isFree && embedded.use.texts > 0) await queryVectors.keep(asked.text, embedded);
  return embedded;
}
