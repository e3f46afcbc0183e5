import type { RecordedAnswer } from "./recorded-answer.ts";

const AZURE = "Azure OpenAI, API versions 2023-05-15 to 2024-10-21";

const tooMany = (seconds: number) => ({
  error: {
    code: "429",
    message: `Requests to the Embeddings_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after ${seconds} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.`,
  },
});

export const AZURE_ANSWERS: readonly RecordedAnswer[] = [
  {
    from: AZURE,
    what: "too many requests",
    status: 429,
    headers: { "retry-after": "55", "x-ratelimit-reset-requests": "55" },
    body: tooMany(55),
    kind: "rate",
    retryAfterMs: 55_000,
    says: /exceeded call rate limit/,
  },
  {
    from: AZURE,
    what: "too many requests, and a day to wait, which is not meant",
    status: 429,
    headers: { "retry-after": "86400" },
    body: tooMany(86_400),
    kind: "rate",
    retryAfterMs: 3_600_000,
    says: /exceeded call rate limit/,
  },
  {
    from: AZURE,
    what: "a wrong key",
    status: 401,
    body: {
      statusCode: 401,
      message:
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.",
    },
    kind: "credentials",
    says: /invalid subscription key/,
  },
  {
    from: AZURE,
    what: "no quota left for this period",
    status: 403,
    body: {
      statusCode: 403,
      message: "Out of call volume quota. Quota will be replenished in 2.11:53:54.",
    },
    kind: "quota",
    says: /Out of call volume quota/,
  },
  {
    from: AZURE,
    what: "an unknown deployment",
    status: 404,
    body: {
      error: {
        code: "DeploymentNotFound",
        message:
          "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.",
      },
    },
    kind: "configuration",
    says: /deployment for this resource does not exist/,
  },
  {
    from: AZURE,
    what: "a text that its filter refuses",
    status: 400,
    body: {
      error: {
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
        type: null,
        param: "prompt",
        code: "content_filter",
        status: 400,
      },
    },
    kind: "record",
    says: /content management policy/,
  },
];
