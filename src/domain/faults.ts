import { z } from "zod";
import { redact } from "./redact.ts";

/**
 * Kinds of failure, by their remedy: `record` (the record's own fault; only this kind counts against a record), `rate`
 * (slow down), `quota` (no money left at the provider), `credentials`, `configuration` (a setting and the server do not
 * match: model, dimensions, mapping), `index` (not writable now: write block, flood stage, closed), `outage` (no
 * connection, no answer in time, or an invalid one).
 */
export const FAULT_KINDS = [
  "record",
  "rate",
  "quota",
  "credentials",
  "configuration",
  "index",
  "outage",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

type FaultDetails = {
  /** What the user can do, one sentence. */
  hint?: string;
  /** The server's Retry-After. */
  retryAfterMs?: number;
  /** A limit of this service's settings is reached; nothing failed. */
  selfImposed?: boolean;
  /** The server may have processed and billed the request, though no answer arrived. */
  possiblyBilled?: boolean;
  /** No answer within the configured time. */
  timedOut?: boolean;
  /** No connection was made, so a successful one proves that the server is back. */
  connectionFailed?: boolean;
  /** The server took the connection, and answered that it cannot, kept silent or broke off: only an answer shows that it is back. */
  answersBadly?: boolean;
  /** A scan's point in time has expired; a new scan can continue. */
  cursorExpired?: boolean;
  /** The text was refused as too long: a lower token limit may help. */
  tooLong?: boolean;
  cause?: unknown;
};

/** A failure, as every `--json` answer has it. */
export const faultShape = z.object({
  kind: z.string(),
  message: z.string(),
  hint: z.string().nullable().describe("What to do about it."),
});

export function faultJson({
  kind,
  message,
  hint,
}: {
  kind: string;
  message: string;
  hint?: string | undefined;
}): z.infer<typeof faultShape> {
  return { kind, message, hint: hint ?? null };
}

/** A failure, classified by the adapter that met it. The message names the adapter and contains no secret. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly selfImposed: boolean;
  readonly possiblyBilled: boolean;
  readonly timedOut: boolean;
  readonly connectionFailed: boolean;
  readonly answersBadly: boolean;
  readonly cursorExpired: boolean;
  readonly tooLong: boolean;

  constructor(kind: FaultKind, message: string, details: FaultDetails = {}) {
    // Servers quote what they refuse, so the message is redacted.
    super(redact(message, "secrets"), { cause: details.cause });
    this.name = "Fault";
    this.kind = kind;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.selfImposed = details.selfImposed ?? false;
    this.possiblyBilled = details.possiblyBilled ?? false;
    this.timedOut = details.timedOut ?? false;
    this.connectionFailed = details.connectionFailed ?? false;
    this.answersBadly = details.answersBadly ?? false;
    this.cursorExpired = details.cursorExpired ?? false;
    this.tooLong = details.tooLong ?? false;
  }
}

/** The answer, or the Fault that it was rejected with; anything else is thrown. */
export async function orFault<T>(answer: Promise<T>): Promise<T | Fault> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
