import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connectionFault,
  type FaultContext,
  kindOfRefusal,
  type Refusal,
  refusalFault,
  retryAfterMs,
} from "../../src/adapters/http-faults.ts";
import type { FaultKind } from "../../src/model/faults.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");

const CONTEXT: FaultContext = {
  at: "tester at http://host",
  model: "some-model",
  secrets: ["hunter22"],
  texts: ["User john.doe@example.com failed to log in"],
  timeoutMs: 5000,
  nowMs: NOW,
  hints: { credentials: "check the key", model: "check the model", address: "check the address" },
};

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

const WAITS: [Record<string, string>, number | undefined][] = [
  [{}, undefined],
  [{ "retry-after": "20" }, 20_000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after-ms": "1500" }, 1500],
  [{ "retry-after-ms": "1500", "retry-after": "2" }, 1500],
  [{ "retry-after": "Fri, 02 Jan 2026 03:05:05 GMT" }, 60_000],
  [{ "retry-after": "Fri, 02 Jan 2026 03:00:00 GMT" }, 0],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{ "retry-after-ms": "x", "retry-after": "3" }, 3000],
];

for (const [headers, wait] of WAITS) {
  test(`${JSON.stringify(headers)} asks for a wait of ${wait} ms`, () => {
    assert.equal(retryAfterMs(new Headers(headers), NOW), wait);
  });
}

test("a wait asked for comes with the fault, whatever its kind", () => {
  const headers = new Headers({ "retry-after": "7" });
  assert.equal(refusalFault(refusal(429, { headers }), CONTEXT).retryAfterMs, 7000);
  assert.equal(refusalFault(refusal(503, { headers }), CONTEXT).retryAfterMs, 7000);
  assert.equal(refusalFault(refusal(503), CONTEXT).retryAfterMs, undefined);
});

test("a message names the place and the status, and neither a secret nor a text", () => {
  const message =
    "Key hunter22 (sk-proj-abc123) cannot send: User john.doe@example.com failed to log in";
  const fault = refusalFault(refusal(400, { message }), CONTEXT);
  assert.equal(fault.message, "tester at http://host: 400 Key *** (sk-***) cannot send: …");
});

test("what a quoted text says does not decide the kind", () => {
  const texts = ["wrong dimensions: model not found"];
  const message = `cannot take: ${texts[0]}`;
  assert.equal(refusalFault(refusal(400, { message }), { ...CONTEXT, texts }).kind, "record");
});

const HINTS: [string | undefined, Refusal][] = [
  ["check the key", refusal(401)],
  ["check the model", refusal(404, { code: "model_not_found" })],
  ["check the address", refusal(404)],
  [
    "Set EMBEDDING_DIMENSIONS to a number that some-model can give.",
    refusal(400, { param: "dimensions" }),
  ],
  ["Add credit or raise the budget at the provider.", refusal(402)],
  ["Lower EMBEDDING_MAX_TEXTS_PER_REQUEST.", refusal(413)],
  ["Lower EMBEDDING_MAX_TEXTS_PER_REQUEST.", refusal(422, { message: "batch size 64 > 32" })],
  [undefined, refusal(400)],
];

for (const [hint, given] of HINTS) {
  test(`the hint for ${given.status} ${given.code ?? given.param ?? given.message} is ${hint}`, () => {
    assert.equal(refusalFault(given, CONTEXT).hint, hint);
  });
}

test("a broken connection is told by its deepest cause", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), {
    code: "ECONNREFUSED",
  });
  const fault = connectionFault(new TypeError("fetch failed", { cause }), CONTEXT);
  assert.equal(fault.kind, "outage");
  assert.equal(fault.message, "tester at http://host: connect ECONNREFUSED 127.0.0.1:9");
  assert.equal(fault.hint, "check the address");
});

test("an unknown certificate gets a hint of its own", () => {
  const cause = Object.assign(new Error("self-signed certificate"), {
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  const fault = connectionFault(new TypeError("fetch failed", { cause }), CONTEXT);
  assert.match(fault.message, /self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/);
  assert.match(fault.hint ?? "", /NODE_EXTRA_CA_CERTS/);
});

test("something thrown that is no error still becomes a fault", () => {
  assert.equal(connectionFault("boom", CONTEXT).message, "tester at http://host: no answer");
});
