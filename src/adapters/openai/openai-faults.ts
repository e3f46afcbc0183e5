import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import type { Fault } from "../../model/faults.ts";
import {
  connectionFault,
  type FaultContext,
  nonsenseFault,
  type Refusal,
  refusalFault,
  stoppedFault,
  timeoutFault,
} from "../http-faults.ts";
import { messageIn } from "../server-message.ts";

/** Classifies whatever the SDK threw. */
export function openAiFault(error: unknown, context: FaultContext): Fault {
  if (error instanceof APIUserAbortError) return stoppedFault(context);
  if (error instanceof APIConnectionError) {
    const cause: unknown = error.cause;
    // The SDK also calls it a timeout where the connection itself could not be made in time.
    const waited = error instanceof APIConnectionTimeoutError && !isConnectionError(cause);
    return waited ? timeoutFault(context) : connectionFault(cause ?? error, context);
  }
  if (error instanceof SyntaxError) return nonsenseFault("the answer is not JSON", context);
  const refusal = refusalIn(error);
  return refusal === undefined ? connectionFault(error, context) : refusalFault(refusal, context);
}

function isConnectionError(cause: unknown): boolean {
  return cause instanceof Error && cause.name !== "AbortError" && cause.name !== "TimeoutError";
}

/** The refusal behind an error of the SDK; undefined where no answer came. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (!(error instanceof APIError) || error.status === undefined) return undefined;
  return {
    status: error.status,
    headers: error.headers ?? new Headers(),
    message: messageOf(error),
    code: textIn(error.code),
    type: textIn(error.type),
    param: textIn(error.param),
  };
}

function messageOf(error: APIError): string {
  const body: unknown = error.error;
  if (body !== undefined) return messageIn(body);
  // Where the body was no JSON, the SDK keeps it behind the status in its own message.
  const text = error.message.replace(/^\d+ /, "");
  return text === "status code (no body)" ? "" : messageIn(text);
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
