import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import type { Fault } from "../../domain/faults.ts";
import {
  connectionFault,
  type FaultContext,
  nonsenseFault,
  refusalFault,
  stoppedFault,
  timeoutFault,
} from "../http/http-faults.ts";
import { BodyTooLarge } from "../http/answer-body.ts";
import type { Refusal } from "../http/refusal-kind.ts";
import { readServerMessage } from "../http/server-message.ts";

/** Any error of the SDK as a Fault. */
export function openAiFault(error: unknown, context: FaultContext): Fault {
  if (error instanceof APIUserAbortError) return stoppedFault(context);
  if (error instanceof APIConnectionError) {
    const cause: unknown = error.cause;
    // The SDK also reports a failed connection as a timeout.
    const waited = error instanceof APIConnectionTimeoutError && !isConnectionError(cause);
    return waited ? timeoutFault(context) : connectionFault(cause ?? error, context);
  }
  if (error instanceof BodyTooLarge) return nonsenseFault(error.message, context);
  const refusal = refusalIn(error);
  return refusal === undefined ? connectionFault(error, context) : refusalFault(refusal, context);
}

function isConnectionError(cause: unknown): boolean {
  return cause instanceof Error && cause.name !== "AbortError" && cause.name !== "TimeoutError";
}

/** The refusal in an SDK error; undefined without an answer. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (!(error instanceof APIError) || error.status === undefined) return undefined;
  const body: unknown = error.error;
  return {
    ...readServerMessage(body),
    status: error.status,
    headers: error.headers ?? new Headers(),
  };
}
