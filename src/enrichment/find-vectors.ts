import type { Fault } from "../model/faults.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { StopSignals } from "../ports.ts";
import { embedTexts, type EmbedDeps, type EmbedResult } from "./embed.ts";
import type { Group } from "./sort-out.ts";
import type { Claim, TextsUnderWay } from "./under-way.ts";
import type { VectorCache } from "./vector-cache.ts";

export type FindVectorsDeps = EmbedDeps & { cache: VectorCache; underWay: TextsUnderWay };

/** From the cache, from another batch that is at the same text, or from the embedder, in this order. */
export async function findVectors(
  deps: FindVectorsDeps,
  groups: readonly Group[],
  stop: StopSignals,
): Promise<EmbedResult> {
  const { cache, underWay } = deps;
  for (const group of groups) {
    const cached = cache.get(group.hash);
    if (cached) group.vector = { values: cached.vector, truncated: cached.truncated };
  }
  const claim = underWay.claim(groups.filter(({ vector }) => !vector).map(({ hash }) => hash));
  const inputs = groups
    .filter(({ hash }) => claim.mine.has(hash))
    .map(({ hash, records: [first] }) => inputOf(hash, first));
  const embedded = await embedClaimed(deps, claim, inputs, stop);
  const fault = (await borrow(groups, claim, embedded)) ?? embedded.fault;
  return fault ? { ...embedded, fault } : embedded;
}

/** Whatever happens, those who wait for these texts hear of it. */
async function embedClaimed(
  deps: FindVectorsDeps,
  claim: Claim,
  inputs: Parameters<typeof embedTexts>[1],
  stop: StopSignals,
): Promise<EmbedResult> {
  let embedded: EmbedResult | undefined;
  try {
    embedded = await embedTexts(deps, inputs, stop);
    for (const [hash, entry] of embedded.byHash) {
      if ("vector" in entry) deps.cache.set(hash, entry);
    }
    return embedded;
  } finally {
    claim.settle(embedded?.byHash ?? new Map(), embedded?.fault);
  }
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
    else group.vector = { values: ended.vector, truncated: ended.truncated };
  }
  return fault;
}

function inputOf(hash: string, { text, id, traceId }: LogRecord) {
  return { hash, text, logId: id, ...(traceId === undefined ? {} : { traceId }) };
}
