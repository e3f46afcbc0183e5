import { redact } from "./redact.ts";

/**
 * The kinds of failure, by what to do about them:
 * - `record`: this record's own; only this kind ever counts against a record
 * - `rate`: asked to slow down; wait as told
 * - `quota`: no money left at the provider
 * - `credentials`: refused for who we are
 * - `configuration`: a setting and the other side do not fit (model, dimension, mapping)
 * - `index`: this index cannot be written now (write block, flood stage, closed)
 * - `outage`: no connection, no answer in time, or an answer that makes no sense
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
  /** What the user can try, one sentence. */
  hint?: string;
  /** How long the other side asked us to wait. */
  retryAfterMs?: number;
  /** A limit of our own settings is reached: nobody failed. */
  selfImposed?: boolean;
  /** The request may have been carried out, and so paid for, though no answer came of it. */
  possiblyBilled?: boolean;
  /** Nobody answered within the time that the settings allow. */
  timedOut?: boolean;
  /** There was no connection: whoever can be connected to again is back. */
  connectionFailed?: boolean;
  /** What stood open between two calls is open no longer: begun anew, it may go on. */
  cursorExpired?: boolean;
  /** The text was refused for its length: a lower limit may let it through. */
  tooLong?: boolean;
  cause?: unknown;
};

/** A failure, classified once by the adapter that saw it. The message names the adapter and holds no secret. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly selfImposed: boolean;
  readonly possiblyBilled: boolean;
  readonly timedOut: boolean;
  readonly connectionFailed: boolean;
  readonly cursorExpired: boolean;
  readonly tooLong: boolean;

  constructor(kind: FaultKind, message: string, details: FaultDetails = {}) {
    // Servers quote what they refuse.
    super(redact(message, "secrets"), { cause: details.cause });
    this.name = "Fault";
    this.kind = kind;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.selfImposed = details.selfImposed ?? false;
    this.possiblyBilled = details.possiblyBilled ?? false;
    this.timedOut = details.timedOut ?? false;
    this.connectionFailed = details.connectionFailed ?? false;
    this.cursorExpired = details.cursorExpired ?? false;
    this.tooLong = details.tooLong ?? false;
  }
}
