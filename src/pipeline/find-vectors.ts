import { Fault } from "../domain/faults.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { Events } from "../ports/events.ts";
import type { StoredVector } from "../ports/log-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import {
  embedTexts,
  type EmbedDeps,
  type Embedded,
  type EmbedResult,
  type Interim,
} from "./embed.ts";
import { addEmbedding, noEmbedding } from "../domain/summary.ts";
import type { Reuse } from "./reuse.ts";
import type { Signer } from "./signer.ts";
import type { Claim, TextsUnderWay } from "./under-way.ts";
import type { UnseenVectors } from "./unseen-vectors.ts";
import type { VectorCache } from "./vector-cache.ts";

export type FindVectorsDeps = EmbedDeps & {
  cache: VectorCache;
  underWay: TextsUnderWay;
  reuse: Reuse;
  unseen: Pick<UnseenVectors, "seen" | "find">;
  signer: Signer;
  events: Pick<Events, "textsSaved">;
};

/** A text that wants a vector, of which it is the hash, and whose it is; the vector is set once it is found. */
export type WantedText = {
  hash: string;
  text: string;
  records: readonly [Pick<LogRecord, "id" | "traceId">, ...unknown[]];
  vector?: { values: Float32Array; truncated: boolean };
};

/**
 * From the cache, from another batch that is at the same text, from a document that has the vector of an equal text,
 * whether search sees it yet or not, or from the embedder, in this order. `interim` is handed what the requests so far brought, before the next one is sent.
 */
export async function findVectors(
  deps: FindVectorsDeps,
  groups: readonly WantedText[],
  stop: StopSignals,
  interim: Interim,
): Promise<EmbedResult> {
  const saved = { cache: 0, store: 0, duplicate: 0 };
  let found: EmbedResult = {
    byHash: new Map(),
    use: noEmbedding(deps.embedder.pricePerMillionTokens),
  };
  for (let sought = groups; ;) {
    const { left, ...round } = await findOnce({ ...deps, interim }, sought, stop, saved);
    found = {
      ...round,
      byHash: new Map([...found.byHash, ...round.byHash]),
      use: addEmbedding(found.use, round.use),
    };
    if (left.length === 0 || found.fault || stop.requested.aborted) break;
    const unwritten = await interim(found.byHash);
    if (unwritten) {
      found.fault = unwritten;
      break;
    }
    sought = left;
  }
  if (saved.cache + saved.store + saved.duplicate > 0) deps.events.textsSaved(saved);
  return found;
}

/** `left`: of those whose text another batch had and gave up because it was to stop. */
async function findOnce(
  deps: FindVectorsDeps & { interim: Interim },
  groups: readonly WantedText[],
  stop: StopSignals,
  saved: Parameters<Events["textsSaved"]>[0],
): Promise<EmbedResult & { left: WantedText[] }> {
  const { cache, underWay } = deps;
  for (const group of groups) {
    const cached = cache.get(group.hash);
    if (!cached) continue;
    give(group, cached);
    saved.cache += group.records.length;
  }
  const claim = underWay.claim(groups.filter(({ vector }) => !vector).map(({ hash }) => hash));
  const mine = groups.filter(({ hash }) => claim.mine.has(hash));
  const embedded = await findClaimed(deps, claim, mine, stop);
  for (const group of mine) {
    const answer = embedded.byHash.get(group.hash);
    if (group.vector) saved.store += group.records.length;
    else if (answer && "vector" in answer) saved.duplicate += group.records.length - 1;
  }
  const borrowed = await borrow(groups, claim, embedded);
  for (const { hash, vector, records } of groups) {
    if (vector && claim.others.has(hash)) saved.duplicate += records.length;
  }
  const fault = borrowed.fault ?? embedded.fault;
  return { ...embedded, left: borrowed.left, ...(fault ? { fault } : {}) };
}

/** Whatever happens, those who wait for these texts hear of it. */
async function findClaimed(
  deps: FindVectorsDeps & { interim: Interim },
  claim: Claim,
  groups: readonly WantedText[],
  stop: StopSignals,
): Promise<EmbedResult> {
  const known = new Map<string, Embedded>();
  let fault: Fault | undefined;
  try {
    const stored = await findStored(deps, groups, stop);
    for (const group of groups) {
      const found = stored.get(group.hash);
      if (!found) continue;
      if ("vector" in found) give(group, found);
      known.set(group.hash, found);
    }
    const unknown = groups.filter(({ hash }) => !known.has(hash));
    const embedded = await embedRest(deps, unknown, stop);
    for (const [hash, entry] of stored) if ("fault" in entry) embedded.byHash.set(hash, entry);
    for (const [hash, entry] of embedded.byHash) known.set(hash, entry);
    fault = embedded.fault;
    return embedded;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fault = error;
    return { byHash: new Map(), use: noEmbedding(deps.embedder.pricePerMillionTokens), fault };
  } finally {
    for (const [hash, entry] of known) {
      if ("vector" in entry) deps.cache.set(hash, entry);
    }
    // A fault of one who is gone is nobody else's: with more time it might have passed.
    claim.settle(known, stop.requested.aborted ? "left" : fault);
  }
}

/** What stands in documents: as search sees it, and where it does not see it yet, as it was written. */
async function findStored(
  { reuse, unseen }: FindVectorsDeps,
  groups: readonly WantedText[],
  stop: StopSignals,
): Promise<ReadonlyMap<string, Embedded>> {
  const hashes = groups.map(({ hash }) => hash);
  const found = await reuse.find(hashes, stop.everything);
  unseen.seen(found.keys());
  const rest = hashes.filter((hash) => !found.has(hash));
  return new Map<string, Embedded>([...found, ...(await unseen.find(rest, stop.everything))]);
}

async function embedRest(
  deps: FindVectorsDeps & { interim: Interim },
  groups: readonly WantedText[],
  stop: StopSignals,
): Promise<EmbedResult> {
  const { clock, reuse } = deps;
  const inputs = groups.map(inputOf);
  const startedAt = clock.now();
  const embedded = await embedTexts(deps, inputs, stop, deps.interim);
  reuse.embedded(embedded.use.texts, clock.now() - startedAt);
  return embedded;
}

/** Takes over what became of texts elsewhere; with the fault that kept some of them from being sent there. */
async function borrow(
  groups: readonly WantedText[],
  { others }: Claim,
  { byHash }: EmbedResult,
): Promise<{ left: WantedText[]; fault?: Fault }> {
  const left: WantedText[] = [];
  let fault: Fault | undefined;
  for (const group of groups) {
    const ended = await others.get(group.hash);
    if (!ended) continue;
    if (!("unsent" in ended)) {
      if ("fault" in ended) byHash.set(group.hash, ended);
      else give(group, ended);
    } else if (ended.unsent === "left") left.push(group);
    else fault ??= ended.unsent;
  }
  return { left, ...(fault ? { fault } : {}) };
}

function give(group: WantedText, { vector, truncated }: StoredVector): void {
  group.vector = { values: vector, truncated };
}

function inputOf({ hash, text, records: [{ id, traceId }] }: WantedText) {
  return { hash, text, logId: id, ...(traceId === undefined ? {} : { traceId }) };
}
