import OpenAI from "openai";
import { jsonIn, readRefusal } from "../http/answer-body.ts";
import type { HttpAddress } from "../http/http-address.ts";
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
