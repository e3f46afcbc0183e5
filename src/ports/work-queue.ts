import type { OutgoingMessage } from "./dead-letters.ts";

/** References to pending records, from the scheduler that leads to its workers. */
export type WorkQueue = {
  /** Where they wait: a topic, a queue. */
  readonly name: string;
  /** Resolves once all of them are stored durably. Throws a Fault; some of them may be stored then. */
  offer(references: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  /** References that no worker has settled. Throws a Fault. */
  waiting(signal: AbortSignal): Promise<number>;
};
