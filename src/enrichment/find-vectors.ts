import { Fault } from "../model/faults.ts";
import type { StopSignals, StoredVector } from "../ports.ts";
import {
  embedTexts,
  type EmbedDeps,
  type Embedded,
  type EmbedResult,
  type Interim,
} from "./embed.ts";
import { noEmbedding } from "../model/summary.ts";
import type { Reuse } from "./reuse.ts";
import type { Group } from "./sort-out.ts";
import type { Claim, TextsUnderWay } from "./under-way.ts";
import type { VectorCache } from "./vector-cache.ts";

export type FindVectorsDeps = EmbedDeps & {
  cache: VectorCache;
  underWay: TextsUnderWay;
  reuse: Reuse;
};

/**
 * From the cache, from another batch that is at the same text, from a document that has the vector of an equal text, or
 * from the embedder, in this order. `interim` is handed what the requests so far brought, before the next one is sent.
 */
export async function findVectors(
  deps: FindVectorsDeps,
  groups: readonly Group[],
  stop: StopSignals,
  interim: Interim,
): Promise<EmbedResult> {
  const { cache, underWay } = deps;
  for (const group of groups) {
    const cached = cache.get(group.hash);
    if (cached) give(group, cached);
  }
  const claim = underWay.claim(groups.filter(({ vector }) => !vector).map(({ hash }) => hash));
  const mine = groups.filter(({ hash }) => claim.mine.has(hash));
  const embedded = await findClaimed({ ...deps, interim }, claim, mine, stop);
  const fault = (await borrow(groups, claim, embedded)) ?? embedded.fault;
  return fault ? { ...embedded, fault } : embedded;
}

/** Whatever happens, those who wait for these texts hear of it. */
async function findClaimed(
  deps: FindVectorsDeps & { interim: Interim },
  claim: Claim,
  groups: readonly Group[],
  stop: StopSignals,
): Promise<EmbedResult> {
  const known = new Map<string, Embedded>();
  let fault: Fault | undefined;
  try {
    const stored = await findStored(deps, groups, stop);
    for (const group of groups) {
      const found = stored.get(group.hash);
      if (!found) continue;
      give(group, found);
      known.set(group.hash, found);
    }
    const embedded = await embedRest(deps, groups, stop);
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
    claim.settle(known, fault);
  }
}

function findStored(
  { reuse }: FindVectorsDeps,
  groups: readonly Group[],
  stop: StopSignals,
): Promise<ReadonlyMap<string, StoredVector>> {
  const hashes = groups.map(({ hash }) => hash);
  return reuse.find(hashes, stop.everything);
}

async function embedRest(
  deps: FindVectorsDeps & { interim: Interim },
  groups: readonly Group[],
  stop: StopSignals,
): Promise<EmbedResult> {
  const { clock, reuse } = deps;
  const inputs = groups.filter(({ vector }) => !vector).map(inputOf);
  const startedAt = clock.now();
  const embedded = await embedTexts(deps, inputs, stop, deps.interim);
  reuse.embedded(embedded.use.texts, clock.now() - startedAt);
  return embedded;
}

/** Takes over what became of texts elsewhere; the fault that kept some of them from being sent there. */
async function borrow(
  groups: readonly Group[],
  { others }: Claim,
  { byHash }: EmbedResult,
): Promise<Fault | undefined> {
  let fault: Fault | undefined;
  for (const group of groups) {
    const ended = await others.get(group.hash);
    if (!ended) continue;
    if ("unsent" in ended) fault ??= ended.unsent;
    else if ("fault" in ended) byHash.set(group.hash, ended);
    else give(group, ended);
  }
  return fault;
}

function give(group: Group, { vector, truncated }: StoredVector): void {
  group.vector = { values: vector, truncated };
}

function inputOf({ hash, text, records: [{ id, traceId }] }: Group) {
  return { hash, text, logId: id, ...(traceId === undefined ? {} : { traceId }) };
}
