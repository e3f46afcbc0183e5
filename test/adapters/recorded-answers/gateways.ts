import type { RecordedAnswer } from "./recorded-answer.ts";

const litellm = (message: string, type: string | null, code: string) => ({
  error: { message, type, param: null, code },
});

export const LITELLM_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: "LiteLLM 1.75",
    what: "a budget that is used up, as a bad request",
    status: 400,
    body: litellm(
      "Budget has been exceeded! Current cost: 14.2, Max budget: 10.0",
      "budget_exceeded",
      "400",
    ),
    kind: "quota",
    says: /Budget has been exceeded/,
  },
  {
    from: "LiteLLM 1.81.12",
    what: "a budget that is used up, as a limit",
    status: 429,
    body: litellm(
      "ExceededBudget: End User=ishaan3 over budget. Spend=0.0008869999999999999, Budget=0.0001",
      "budget_exceeded",
      "429",
    ),
    kind: "quota",
    says: /over budget/,
  },
  {
    from: "LiteLLM 1.75",
    what: "a deployment's budget, BerriAI/litellm#14144",
    status: 429,
    body: litellm(
      "No deployments available - crossed budget: Exceeded budget for deployment model_name: xxx, litellm_params.model: xxx: 0.36300000000000004 >= 1d",
      "None",
      "429",
    ),
    kind: "quota",
    says: /crossed budget/,
  },
  {
    from: "LiteLLM 1.59.5",
    what: "deployments that cool down",
    status: 429,
    headers: { "retry-after": "60" },
    body: litellm(
      "No deployments available for selected model, Try again in 60 seconds. Passed model=text-embedding-3-large.",
      "None",
      "429",
    ),
    kind: "rate",
    retryAfterMs: 60_000,
    says: /Try again in 60 seconds/,
  },
  {
    from: "LiteLLM 1.75",
    what: "no money at the provider behind it",
    status: 429,
    body: litellm(
      "litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan and billing details.",
      "throttling_error",
      "429",
    ),
    kind: "quota",
    says: /exceeded your current quota/,
  },
  {
    from: "LiteLLM 1.75",
    what: "an unknown model",
    status: 400,
    body: litellm(
      "/embeddings: Invalid model name passed in model=nope. Call `/v1/models` to view available models for your key.",
      "invalid_request_error",
      "400",
    ),
    kind: "configuration",
    says: /Invalid model name/,
  },
  {
    from: "LiteLLM 1.75",
    what: "a model that the key may not use",
    status: 401,
    body: litellm(
      "key not allowed to access model. This key can only access models=['gpt-4o']. Tried to access text-embedding-3-large",
      "key_model_access_denied",
      "401",
    ),
    kind: "configuration",
    says: /key not allowed to access model/,
  },
  {
    from: "LiteLLM 1.75",
    what: "a wrong key, repeated",
    status: 401,
    body: litellm(
      "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...4e5f, Key Hash (Token) =88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b. Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
      "token_not_found_in_db",
      "401",
    ),
    kind: "credentials",
    says: /Invalid proxy server token/,
  },
  {
    from: "LiteLLM 1.75",
    what: "a provider that cannot be reached",
    status: 500,
    body: litellm(
      "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.",
      null,
      "500",
    ),
    kind: "outage",
    says: /Connection error/,
  },
];

export const PROXY_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: "nginx 1.27",
    what: "nobody behind it",
    status: 502,
    headers: { "content-type": "text/html" },
    body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.27.0</center>\r\n</body>\r\n</html>\r\n",
    kind: "outage",
    says: /502 Bad Gateway/,
  },
  {
    from: "nginx 1.27",
    what: "a body beyond client_max_body_size",
    status: 413,
    headers: { "content-type": "text/html" },
    body: "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n</body>\r\n</html>\r\n",
    kind: "record",
    says: /Request Entity Too Large/,
  },
  {
    from: "Envoy 1.31",
    what: "nobody behind it",
    status: 503,
    headers: { "content-type": "text/plain", server: "envoy" },
    body: "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
    kind: "outage",
    says: /upstream connect error/,
  },
  {
    from: "Cloudflare",
    what: "too many requests",
    status: 429,
    headers: { "content-type": "text/plain; charset=UTF-8", "retry-after": "30" },
    body: "error code: 1015",
    kind: "rate",
    retryAfterMs: 30_000,
    says: /error code: 1015/,
  },
  {
    from: "a load balancer that wants TLS",
    what: "a redirect to another address",
    status: 301,
    headers: {
      "content-type": "text/html",
      location: "https://embeddings.example.com/v1/embeddings",
    },
    body: "<html><head><title>301 Moved Permanently</title></head></html>",
    kind: "configuration",
    says: /301 Moved Permanently, it redirects to https:\/\/embeddings\.example\.com\/v1\/embeddings$/,
  },
];
