import assert from "node:assert/strict";
import { test } from "node:test";
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import { BodyTooLarge } from "../../../../src/adapters/http/answer-body.ts";
import { openAiFault } from "../../../../src/adapters/openai/openai-sdk.ts";
import type { FaultKind } from "../../../../src/domain/faults.ts";

const CONTEXT = {
  at: "openai at http://host/v1",
  model: "text-embedding-3-large",
  secrets: ["the-key"],
  texts: [],
  timeoutMs: 30_000,
  nowMs: Date.parse("2026-01-02T03:04:05Z"),
  hints: { credentials: "", model: "", address: "" },
};

/** As the SDK makes it of the answer that openAiClient hands on: the whole body stands under `error`. */
function answered(status: number, body: unknown, headers: Record<string, string> = {}): APIError {
  return APIError.generate(status, { error: body }, undefined, new Headers(headers));
}

const refusedConnection = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:443"), {
  code: "ECONNREFUSED",
});
const connectTimeout = Object.assign(new Error("Connect Timeout Error"), {
  code: "UND_ERR_CONNECT_TIMEOUT",
});

const FAULTS: [string, unknown, FaultKind, string][] = [
  [
    "a wrong key",
    answered(401, { error: { message: "Incorrect API key provided: sk-ab**yz. (the-key)" } }),
    "credentials",
    "401 Incorrect API key provided: sk-***. (***)",
  ],
  ["a forbidden country", answered(403, { error: { message: "No." } }), "credentials", "403 No."],
  [
    "an unknown model",
    answered(404, { error: { message: "no such model", code: "model_not_found" } }),
    "configuration",
    "404 no such model",
  ],
  ["a wrong path", answered(404, "<h1>Not Found</h1>"), "configuration", "404 Not Found"],
  [
    "no money left",
    answered(429, { error: { message: "Over.", code: "insufficient_quota" } }),
    "quota",
    "429 Over.",
  ],
  ["a rate limit", answered(429, { error: { message: "Slow." } }), "rate", "429 Slow."],
  ["a refused text", answered(400, { error: { message: "Bad." } }), "record", "400 Bad."],
  ["TEI's validation", answered(422, { error: "Empty." }), "record", "422 Empty."],
  [
    "too many dimensions",
    answered(400, { error: { param: "dimensions", message: "Max 3072." } }),
    "configuration",
    "400 Max 3072.",
  ],
  ["a proxy's page", answered(502, "<html><b>Bad Gateway</b></html>"), "outage", "502 Bad Gateway"],
  ["an empty 500", answered(500, ""), "outage", "500 Internal Server Error"],
  ["a conflict", answered(409, ""), "outage", "409 Conflict"],
  [
    "a refused connection",
    new APIConnectionError({ cause: new TypeError("fetch failed", { cause: refusedConnection }) }),
    "outage",
    "connect ECONNREFUSED 10.0.0.1:443",
  ],
  ["a timeout", new APIConnectionTimeoutError(), "outage", "no answer within 30 s"],
  [
    "a connection that could not be made in time",
    Object.assign(new APIConnectionTimeoutError(), {
      cause: new TypeError("fetch failed", { cause: connectTimeout }),
    }),
    "outage",
    "Connect Timeout Error (UND_ERR_CONNECT_TIMEOUT)",
  ],
  ["our own stop", new APIUserAbortError(), "outage", "stopped while waiting"],
  [
    "an answer without an end",
    new BodyTooLarge(64 * 2 ** 20),
    "outage",
    "the answer is larger than 64 MB",
  ],
  ["a broken body", new TypeError("terminated"), "outage", "terminated"],
];

for (const [name, error, kind, message] of FAULTS) {
  test(`${name} is ${kind}`, () => {
    const fault = openAiFault(error, CONTEXT);
    assert.equal(fault.kind, kind);
    assert.equal(fault.message, `openai at http://host/v1: ${message}`);
  });
}

test("a rate limit says how long to wait", () => {
  const error = answered(429, { error: { message: "Slow." } }, { "retry-after": "12" });
  assert.equal(openAiFault(error, CONTEXT).retryAfterMs, 12_000);
});
