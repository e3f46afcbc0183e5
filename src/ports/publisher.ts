export type OutgoingMessage = {
  topic: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer])[];
};

/** Sends messages: dead letters, and references for workers. */
export type Publisher = {
  /** Resolves once all in-sync replicas have acknowledged every message; creates no topic. Throws a Fault. */
  publish(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};
