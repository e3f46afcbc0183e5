import { sumCoverage } from "../domain/coverage.ts";
import { Fault } from "../domain/faults.ts";
import { REEMBED, type ReadOtherModels } from "../domain/other-models.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordStore } from "../ports/record-store.ts";
import {
  estimateOf,
  SAMPLE_FOR_COST,
  tokensPerText,
  type Pricing,
} from "../pipeline/estimate-cost.ts";
import type { LocalQuarantine } from "../pipeline/quarantine/local-quarantine.ts";

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
