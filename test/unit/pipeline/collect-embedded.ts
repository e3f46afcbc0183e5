import { noEmbedding, type EmbeddingUse } from "../../../src/domain/summary.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { embedTexts } from "../../../src/pipeline/embed-texts.ts";
import type { EmbedDeps, Embedded, EmbedRun } from "../../../src/pipeline/send-request.ts";
import type { EmbedInput } from "../../../src/ports/embedder.ts";

type Collected = { byHash: Map<string, Embedded>; use: EmbeddingUse; fault?: Fault };

/** All that came of texts, and what ended the sending. */
export async function collectEmbedded(
  deps: EmbedDeps,
  inputs: readonly (EmbedInput & { hash: string })[],
  asked: Omit<EmbedRun, "use">,
): Promise<Collected> {
  const use = noEmbedding(deps.embedder.pricePerMillionTokens);
  const byHash = new Map<string, Embedded>();
  try {
    for await (const answers of embedTexts(deps, inputs, { ...asked, use })) {
      for (const [hash, answer] of answers) byHash.set(hash, answer);
    }
    return { byHash, use };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { byHash, use, fault: error };
  }
}
