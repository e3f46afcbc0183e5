import { addFaultCounts, type FaultCounts } from "../../../src/domain/fault-counts.ts";
import { addOutcomes, noOutcomes, type Outcomes } from "../../../src/domain/outcome.ts";
import type { RecordSource } from "../../../src/ports/events.ts";
import type { RecordedEvents } from "../fakes/recorded-events.ts";

/** What the counts of a source come to by what was told: each record once. */
export function countedOf(
  { recordsEnded }: Pick<RecordedEvents["told"], "recordsEnded">,
  source: RecordSource,
): { outcomes: Outcomes; faults: FaultCounts } {
  let outcomes = noOutcomes();
  let faults: FaultCounts = {};
  for (const one of recordsEnded.filter((what) => what.source === source)) {
    outcomes = addOutcomes(outcomes, { ...noOutcomes(), ...one.outcomes });
    faults = addFaultCounts(faults, one.faults);
  }
  return { outcomes, faults };
}

/** What the embedder answered by what was told. */
export function answeredIn({ textsAnswered }: Pick<RecordedEvents["told"], "textsAnswered">) {
  const sum = { texts: 0, tokens: 0 };
  for (const { texts, tokens } of textsAnswered) {
    sum.texts += texts.length;
    sum.tokens += tokens;
  }
  return sum;
}
