import type { StoredMessage } from "./message-stream.ts";

export type OutgoingMessage = {
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer])[];
};

/** Messages that can never be worked on, kept for people. */
export type DeadLetters = {
  /** Where they are kept: a topic, a queue, a bucket. */
  readonly name: string;
  /**
   * Resolves once all of them are stored durably. Throws a Fault: of kind `record` where one of them is too large, and
   * then some of the others may be stored.
   */
  send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  /** Every one that is there now; ends by itself. Throws a Fault. */
  read(signal: AbortSignal): AsyncIterable<readonly StoredMessage[]>;
};
