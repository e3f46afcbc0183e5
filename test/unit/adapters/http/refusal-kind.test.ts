import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfRefusal, type Refusal } from "../../../../src/adapters/http/refusal-kind.ts";
import type { FaultKind } from "../../../../src/domain/faults.ts";

function refusal(status: number, rest: Partial<Refusal> = {}): Refusal {
  return { status, headers: new Headers(), message: "", ...rest };
}

const KINDS: [FaultKind, Refusal][] = [
  ["credentials", refusal(401)],
  ["credentials", refusal(403)],
  ["credentials", refusal(400, { message: "API key not valid. Please pass a valid API key." })],
  ["configuration", refusal(403, { code: "model_not_found" })],
  ["configuration", refusal(404, { code: "model_not_found" })],
  ["configuration", refusal(404, { message: "Not Found" })],
  ["configuration", refusal(405)],
  ["configuration", refusal(400, { code: "model_not_found" })],
  ["configuration", refusal(400, { message: "The model `gpt-9` does not exist" })],
  ["configuration", refusal(400, { message: "invalid model ID" })],
  ["configuration", refusal(400, { param: "dimensions", message: "4096 is too large" })],
  ["configuration", refusal(400, { message: "does not support matryoshka representation" })],
  ["quota", refusal(429, { code: "insufficient_quota" })],
  ["quota", refusal(429, { type: "insufficient_quota" })],
  ["quota", refusal(402)],
  ["quota", refusal(400, { type: "budget_exceeded" })],
  ["rate", refusal(429)],
  ["rate", refusal(429, { code: "rate_limit_exceeded" })],
  ["record", refusal(400)],
  ["record", refusal(413)],
  ["record", refusal(422)],
  ["record", refusal(400, { message: "This model's maximum context length is 8192 tokens" })],
  ["record", refusal(400, { message: "the input length exceeds the context length" })],
  ["record", refusal(500, { message: "the input length exceeds the context length" })],
  ["outage", refusal(408)],
  ["outage", refusal(409)],
  ["outage", refusal(500)],
  ["outage", refusal(502)],
  ["outage", refusal(503)],
  ["outage", refusal(529)],
];

for (const [kind, given] of KINDS) {
  const { status, code = "", type = "", param = "", message } = given;
  test(`${status} ${[code, type, param, message].join(" ").trim()} is ${kind}`, () => {
    assert.equal(kindOfRefusal(given), kind);
  });
}
