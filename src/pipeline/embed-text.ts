import { Fault } from "../domain/faults.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import type { StoredVector } from "../ports/log-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { collectVectors, type FindVectorsDeps } from "./find-vectors.ts";
import type { WantedText } from "./vector-sources.ts";

/** `refused`: why the embedder takes not this very text. */
export type EmbeddedText = { use: EmbeddingUse } & (StoredVector | { refused: string });

/**
 * The vector of one text that no record is to get, found or paid for just as those of records are. `text`: made out of
 * a message by the same rules. Throws a Fault where it could not be had, for no fault of the text.
 */
export async function embedText(
  deps: FindVectorsDeps,
  { text, logId }: { text: string; logId: string },
  stop: StopSignals,
): Promise<EmbeddedText> {
  const wanted: WantedText = { hash: deps.signer.textHash(text), text, records: [{ id: logId }] };
  const { found, use, fault } = await collectVectors(deps, [wanted], stop);
  const answer = found.get(wanted.hash);
  if (answer && "vector" in answer) {
    deps.cache.release(wanted.hash);
    return { vector: answer.vector, truncated: answer.truncated, use };
  }
  if (answer?.fault.kind === "record") return { refused: answer.fault.message, use };
  throw (
    answer?.fault ?? fault ?? new Fault("outage", `${deps.embedder.name}: stopped while waiting`)
  );
}
