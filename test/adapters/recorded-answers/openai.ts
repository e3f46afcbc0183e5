import { KEY, type RecordedAnswer, TEXT } from "./recorded-answer.ts";

/** From api.openai.com, as users posted them. */
const OPENAI = "OpenAI, 2023 to 2026";

/** The headers of a limit, as every answer of OpenAI bears them. */
const limits = (left: { requests: [string, string]; tokens: [string, string] }) => ({
  "x-ratelimit-limit-requests": "3000",
  "x-ratelimit-remaining-requests": left.requests[0],
  "x-ratelimit-reset-requests": left.requests[1],
  "x-ratelimit-limit-tokens": "1000000",
  "x-ratelimit-remaining-tokens": left.tokens[0],
  "x-ratelimit-reset-tokens": left.tokens[1],
});

const error = (message: string, rest: Record<string, unknown> = {}) => ({
  error: { message, type: "invalid_request_error", param: null, code: null, ...rest },
});

export const OPENAI_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: OPENAI,
    what: "too many tokens a minute",
    status: 429,
    headers: limits({ requests: ["2999", "20ms"], tokens: ["23837", "58.57s"] }),
    body: error(
      "Rate limit reached for text-embedding-3-small in organization org-XwMmmeQD7sNASHgyQVORTOWI on tokens per min (TPM): Limit 1000000, Used 976163, Requested 70716. Please try again in 2.812s. Visit https://platform.openai.com/account/rate-limits to learn more.",
      { type: "tokens", code: "rate_limit_exceeded" },
    ),
    kind: "rate",
    retryAfterMs: 58_570,
    says: /tokens per min \(TPM\): Limit 1000000/,
  },
  {
    from: OPENAI,
    what: "too many requests a minute, with what the SDKs wait for",
    status: 429,
    headers: {
      ...limits({ requests: ["0", "20s"], tokens: ["999000", "60ms"] }),
      "retry-after-ms": "1234",
      "retry-after": "2",
    },
    body: error(
      "Rate limit reached for text-embedding-ada-002 in organization org-xjhxbxTHUyTzN4yftLmU3EDd on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.",
      { type: "requests", code: "rate_limit_exceeded" },
    ),
    kind: "rate",
    retryAfterMs: 1234,
    says: /requests per min \(RPM\): Limit 3/,
  },
  {
    from: OPENAI,
    what: "no money left",
    status: 429,
    body: error(
      "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
      { type: "insufficient_quota", code: "insufficient_quota" },
    ),
    kind: "quota",
    says: /You exceeded your current quota/,
  },
  {
    from: OPENAI,
    what: "a wrong key, half of it repeated",
    status: 401,
    body: error(
      `Incorrect API key provided: sk-live-***************4e5f. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { code: "invalid_api_key" },
    ),
    kind: "credentials",
    says: /Incorrect API key provided: sk-\*\*\*\. You can find/,
  },
  {
    from: OPENAI,
    what: "a model of another trade",
    status: 403,
    body: error("You are not allowed to generate embeddings from this model"),
    kind: "configuration",
    says: /not allowed to generate embeddings/,
  },
  {
    from: OPENAI,
    what: "an unknown model",
    status: 404,
    body: error("The model `text-embedding-9` does not exist or you do not have access to it.", {
      code: "model_not_found",
    }),
    kind: "configuration",
    says: /text-embedding-9/,
  },
  {
    from: OPENAI,
    what: "a text that is too long",
    status: 400,
    body: error(
      "This model's maximum context length is 8192 tokens, however you requested 10738 tokens (10738 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
    ),
    kind: "record",
    says: /maximum context length is 8192 tokens/,
  },
  {
    from: OPENAI,
    what: "too many tokens in one request",
    status: 400,
    body: error("Requested 319487 tokens, max 300000 tokens per request", {
      type: "max_tokens_per_request",
      code: "max_tokens_per_request",
    }),
    kind: "record",
    says: /max 300000 tokens per request/,
  },
  {
    from: OPENAI,
    what: "an empty text",
    status: 400,
    body: error(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    ),
    kind: "record",
    says: /'\$\.input' is invalid/,
  },
  {
    from: OPENAI,
    what: "its own trouble",
    status: 500,
    body: error(
      "The server had an error while processing your request. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists.",
      { type: "server_error" },
    ),
    kind: "outage",
    says: /server had an error/,
  },
  {
    from: "OpenRouter, 2026",
    what: "no credits, said in a 200",
    status: 200,
    body: { error: { message: "Insufficient credits", code: 402 } },
    kind: "quota",
    says: /402 Insufficient credits/,
  },
  {
    from: "Google Gemini's OpenAI API, 2026",
    what: "a limit per minute in the words of an empty purse, in a list",
    status: 429,
    body: [
      {
        error: {
          code: 429,
          message: "You exceeded your current quota, please check your plan and billing details.",
          status: "RESOURCE_EXHAUSTED",
        },
      },
    ],
    kind: "rate",
    says: /exceeded your current quota/,
  },
  {
    from: "DashScope's OpenAI API, memodb-io/memobase#142",
    what: "more texts than it takes",
    status: 400,
    body: error(
      "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it should not be larger than 10.: input.contents",
      { type: "InvalidParameter", code: "InvalidParameter" },
    ),
    kind: "record",
    says: /not be larger than 10/,
  },
  {
    from: "a server that repeats all that it was sent",
    what: "a text, a key and a terminal sequence in its message",
    status: 400,
    body: error(`\u001b[31mcannot embed\u001b[0m for key ${KEY}: ${TEXT}`),
    kind: "record",
    says: /: 400 cannot embed for key \*\*\*: …$/,
  },
];
