export type OutgoingMessage = {
  topic: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer])[];
};

/** Writes messages: dead letters, and references for workers. */
export type Publisher = {
  /** Returns once all in-sync replicas have every one of them; creates no topic. Throws a Fault. */
  publish(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};
