import type { Fault } from "../domain/faults.ts";
import { noOutcomes, type Outcome, type Outcomes } from "../domain/outcome.ts";

export type ClosedLedger = {
  /** By record key: what became of each record taken. */
  outcomeOf: Map<string, Outcome>;
  /** By record key: why a record is quarantined or deferred, where it is known. */
  faultOf: Map<string, Fault>;
  outcomes: Outcomes;
};

/**
 * The outcomes of one batch: each record that was taken ends in exactly one, and their sum is the records taken. Every
 * method throws an Error where the pipeline breaks that rule: it is a mistake in the program.
 */
export class BatchLedger {
  readonly #open = new Set<string>();
  readonly #outcomeOf = new Map<string, Outcome>();
  readonly #faultOf = new Map<string, Fault>();

  /** False where the batch has this record already: it gets one outcome, however often it is named. */
  take(key: string): boolean {
    if (this.#open.has(key) || this.#outcomeOf.has(key)) return false;
    this.#open.add(key);
    return true;
  }

  settle(key: string, outcome: Outcome, fault?: Fault): void {
    if (!this.#open.delete(key)) {
      const earlier = this.#outcomeOf.get(key);
      throw new Error(
        `${key} cannot end as ${outcome}: it ${earlier ? `ended as ${earlier}` : "was not taken"}`,
      );
    }
    this.#outcomeOf.set(key, outcome);
    if (fault) this.#faultOf.set(key, fault);
  }

  close(): ClosedLedger {
    if (this.#open.size > 0) throw new Error(`no outcome for ${[...this.#open].join(", ")}`);
    const outcomeOf = this.#outcomeOf;
    return { outcomeOf, faultOf: this.#faultOf, outcomes: sumOf(outcomeOf) };
  }
}

export function sumOf(outcomeOf: ReadonlyMap<string, Outcome>): Outcomes {
  const outcomes = noOutcomes();
  for (const outcome of outcomeOf.values()) outcomes[outcome]++;
  return outcomes;
}
