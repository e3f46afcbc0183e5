import { Fault } from "../domain/faults.ts";
import { noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { findVectors, type FindVectorsDeps, type Found } from "./find-vectors.ts";
import type { ToText } from "./text.ts";
import type { WantedText } from "./vector-sources.ts";

/** All of it at once, for those who write nothing. Throws no Fault. */
async function collectVectors(
  deps: FindVectorsDeps,
  texts: readonly WantedText[],
  stop: StopSignals,
): Promise<{ found: Map<string, Found>; use: EmbeddingUse; fault?: Fault }> {
  const use = noEmbedding(deps.embedder.pricePerMillionTokens);
  const found = new Map<string, Found>();
  try {
    for await (const some of findVectors(deps, texts, { stop, use })) {
      for (const one of some) found.set(one.wanted.hash, one);
    }
    return { found, use };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { found, use, fault: error };
  }
}

/** `refused`: why the embedder takes not this very text. */
type EmbeddedText = { use: EmbeddingUse } & (StoredVector | { refused: string });

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

/** A message that somebody else wants the vector of; it need not be blank-free, but not blank. */
export type Message = { id: string; message: string; traceId?: string };

type EmbedMessagesDeps = FindVectorsDeps & { toText: ToText };

export type EmbeddedMessages = {
  /** In the order of the messages; undefined where there is none. */
  vectors: (Float32Array | undefined)[];
  use: EmbeddingUse;
  /** Why some have none: what befell all of them, else the first that was refused by the embedder. */
  fault?: Fault;
};

/**
 * Vectors of messages that are no records of ours: masked, found and paid for as those are, and written nowhere. Where
 * not every message has its vector, those that were paid for are kept for the next request. Throws no Fault.
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
