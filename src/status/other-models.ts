import { sumCoverage } from "../domain/coverage.ts";
import { Fault } from "../domain/faults.ts";
import { REEMBED, type ReadOtherModels } from "../domain/other-models.ts";
import type { Clock } from "../ports/clock.ts";
import type { TokenCounter } from "../ports/embedder.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { LocalQuarantine } from "../pipeline/quarantine/local-quarantine.ts";

/** What a text costs. */
export type Pricing = {
  /** A longer text is cut there. */
  maxTokensPerText: number;
  /** USD; 0 where it is free, null where unknown. */
  pricePerMillionTokens: number | null;
  tokens: () => Promise<TokenCounter>;
  /** What is embedded for a message. */
  toText(message: string): string;
};

export const SAMPLE_FOR_COST = 100;

/** The tokens of a text, as these have them on average; 0 where there are none. */
export async function tokensPerText(
  { maxTokensPerText, tokens, toText }: Pick<Pricing, "maxTokensPerText" | "tokens" | "toText">,
  messages: readonly string[],
): Promise<number> {
  if (messages.length === 0) return 0;
  const counter = await tokens();
  const counts = messages.map((message) => counter.count(toText(message)));
  const all = counts.reduce((sum, count) => sum + Math.min(maxTokensPerText, count), 0);
  return all / messages.length;
}

/** An upper bound: equal texts are paid for once. */
export function estimateOf(
  perText: number,
  records: number,
  price: number | null,
): { tokens: number; cost_usd: number | null } {
  const tokens = Math.round(perText * records);
  return { tokens, cost_usd: price === null ? null : (tokens * price) / 1e6 };
}

type OtherModelsDeps = Pricing & {
  store: Pick<RecordStore, "findOutdated">;
  localQuarantine: Pick<LocalQuarantine, "keys">;
  clock: Pick<Clock, "now">;
};

/** A page that looks every second needs no new sample each time. */
const SAMPLE_AGE_MS = 10 * 60_000;

export function createOtherModels(deps: OtherModelsDeps): ReadOtherModels {
  const { clock, pricePerMillionTokens: price } = deps;
  let sample: { perText: number; at: number } | undefined;
  const perText = async (indices: readonly string[], signal: AbortSignal) => {
    if (sample && clock.now() - sample.at < SAMPLE_AGE_MS) return sample.perText;
    const taken = await sampleText(deps, indices, signal);
    sample = taken === undefined ? undefined : { perText: taken, at: clock.now() };
    return taken;
  };
  return async (rows, signal) => {
    const { otherModel: records, otherModels: models } = sumCoverage(rows);
    if (records === 0) return null;
    const indices = rows.filter(({ otherModel }) => otherModel > 0).map(({ index }) => index);
    const average = await perText(indices, signal);
    const estimate = average === undefined ? null : estimateOf(average, records, price);
    return { records, models, estimate, command: REEMBED };
  };
}

async function sampleText(
  deps: OtherModelsDeps,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const query = { indices, limit: SAMPLE_FOR_COST, excludeKeys: deps.localQuarantine.keys() };
    const { records } = await deps.store.findOutdated(query, signal);
    const messages = records.map(({ record }) => record.text);
    return messages.length === 0 ? undefined : await tokensPerText(deps, messages);
  } catch (error) {
    // That the records are there is worth saying without their cost too.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
