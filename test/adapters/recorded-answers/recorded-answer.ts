import type { FaultKind } from "../../../src/domain/faults.ts";

/** A refusal as a real server sent it, and what is to be made of it. */
export type RecordedAnswer = {
  /** Server and version, or where it was seen. */
  from: string;
  what: string;
  status: number;
  headers?: Record<string, string>;
  /** A string is sent as it stands, anything else as JSON. */
  body: unknown;
  kind: FaultKind;
  retryAfterMs?: number;
  /** What must be left of it in the message. */
  says: RegExp;
};

/** The text that the requests hold and the key that they bear, where a server repeats them. */
export const TEXT =
  "payment of john.doe@example.com failed: card 4111-1111-1111-1111 declined, session 8a7b6c5d";
export const KEY = "sk-live-4f9c0a1b2c3d4e5f";
