import { Fault } from "../domain/faults.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import type { StoredVector } from "../ports/log-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { findVectors, type FindVectorsDeps, type WantedText } from "./find-vectors.ts";

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
  const { byHash, use, fault } = await findVectors(deps, [wanted], stop, () =>
    Promise.resolve(undefined),
  );
  if (wanted.vector) {
    return { vector: wanted.vector.values, truncated: wanted.vector.truncated, use };
  }
  const answer = byHash.get(wanted.hash);
  if (answer && "vector" in answer) return { ...answer, use };
  if (answer?.fault.kind === "record") return { refused: answer.fault.message, use };
  throw (
    answer?.fault ?? fault ?? new Fault("outage", `${deps.embedder.name}: stopped while waiting`)
  );
}
