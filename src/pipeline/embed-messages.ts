import type { Fault } from "../domain/faults.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { collectVectors, type FindVectorsDeps } from "./find-vectors.ts";
import type { ToText } from "./text.ts";
import type { WantedText } from "./vector-sources.ts";

/** A message that somebody else wants the vector of; it need not be blank-free, but not blank. */
export type Message = { id: string; message: string; traceId?: string };

export type EmbedMessagesDeps = FindVectorsDeps & { toText: ToText };

export type EmbeddedMessages = {
  /** In the order of the messages; undefined where there is none. */
  vectors: (Float32Array | undefined)[];
  use: EmbeddingUse;
  /** Why some have none: what befell all of them, else the first that was refused for its own sake. */
  fault?: Fault;
};

/**
 * Vectors of messages that are no records of ours: masked, found and paid for as those are, and written nowhere. Where
 * not every message has its vector, those that were paid for are kept for whoever asks again. Throws no Fault.
 */
export async function embedMessages(
  deps: EmbedMessagesDeps,
  messages: readonly Message[],
  stop: StopSignals,
): Promise<EmbeddedMessages> {
  const byHash = new Map<string, WantedText>();
  const hashes = messages.map(({ id, message, traceId }) => {
    const text = deps.toText(message);
    const hash = deps.signer.textHash(text);
    const record = { id, ...(traceId === undefined ? {} : { traceId }) };
    if (!byHash.has(hash)) byHash.set(hash, { hash, text, records: [record] });
    return hash;
  });
  const { found, use, fault: ended } = await collectVectors(deps, [...byHash.values()], stop);
  const vectors = hashes.map((hash) => {
    const one = found.get(hash);
    return one && "vector" in one ? one.vector : undefined;
  });
  if (vectors.every((vector) => vector !== undefined)) {
    for (const hash of hashes) deps.cache.release(hash);
    return { vectors, use };
  }
  const [refusal] = [...found.values()].flatMap((one) => ("fault" in one ? [one.fault] : []));
  const fault = ended ?? refusal;
  return { vectors, use, ...(fault ? { fault } : {}) };
}
