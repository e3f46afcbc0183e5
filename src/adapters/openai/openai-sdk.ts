import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
} from "openai";
import type { Fault } from "../../domain/faults.ts";
import { BodyTooLarge, jsonIn, readRefusal } from "../http/answer-body.ts";
import type { HttpAddress } from "../http/http-address.ts";
import {
  connectionFault,
  type FaultContext,
  nonsenseFault,
  refusalFault,
  stoppedFault,
  timeoutFault,
} from "../http/http-faults.ts";
import type { Refusal } from "../http/refusal-kind.ts";
import { readServerMessage } from "../http/server-message.ts";
import { withinOrigin } from "../http/within-origin.ts";

type ClientOptions = { apiKey?: string; timeoutMs: number; fetch?: typeof globalThis.fetch };

/**
 * The SDK without retries, logs, environment settings and foreign redirects. A refusal's APIError has the whole body as
 * its `error`.
 */
export function openAiClient(options: ClientOptions, address: HttpAddress): OpenAI {
  const { apiKey, timeoutMs, fetch = globalThis.fetch } = options;
  return new OpenAI({
    baseURL: address.url,
    // The SDK requires a key; the header of an absent one is removed below.
    apiKey: apiKey ?? "none",
    ...(apiKey === undefined && {
      defaultHeaders: { Authorization: address.authorization ?? null },
    }),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: timeoutMs,
    fetch: keepingRefusals(withinOrigin(fetch)),
  });
}

const NEVER = new AbortController().signal;

/** The SDK keeps only `error` of a refusal's body, which vLLM, TEI and FastAPI do not have. */
function keepingRefusals(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok || response.body === null) return response;
    const { status, statusText, headers } = response;
    const text = await readRefusal(response, init?.signal ?? NEVER);
    return Response.json({ error: jsonIn(text) ?? text }, { status, statusText, headers });
  };
}

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
