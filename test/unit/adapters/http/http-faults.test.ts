import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connectionFault,
  type FaultContext,
  nonsenseFault,
  refusalFault,
  stoppedFault,
  timeoutFault,
} from "../../../../src/adapters/http/http-faults.ts";
import type { Refusal } from "../../../../src/adapters/http/refusal-kind.ts";

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

test("a wait asked for comes with the fault, whatever its kind", () => {
  const headers = new Headers({ "retry-after": "7" });
  assert.equal(refusalFault(refusal(429, { headers }), CONTEXT).retryAfterMs, 7000);
  assert.equal(refusalFault(refusal(503, { headers }), CONTEXT).retryAfterMs, 7000);
  assert.equal(refusalFault(refusal(503), CONTEXT).retryAfterMs, undefined);
});

test("a rate limit that only says when it is reset is waited for as long", () => {
  const waitOf = (status: number, headers: Record<string, string>) =>
    refusalFault(refusal(status, { headers: new Headers(headers) }), CONTEXT).retryAfterMs;
  const reset = { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2.5s" };
  assert.equal(waitOf(429, reset), 2500);
  assert.equal(waitOf(429, { ...reset, "retry-after": "1" }), 1000);
  assert.equal(waitOf(503, reset), undefined);
});

test("a redirect says where to", () => {
  const headers = new Headers({ location: "https://user:secret@else.where/v1/embeddings" });
  const fault = refusalFault(refusal(301, { headers }), CONTEXT);
  assert.equal(fault.kind, "configuration");
  assert.equal(
    fault.message,
    "tester at http://host: 301 Moved Permanently, it redirects to https://***@else.where/v1/embeddings",
  );
  assert.equal(fault.hint, "check the address");
});

test("a message names the place and the status, and neither a secret nor a text", () => {
  const message =
    "Key hunter22 (sk-proj-abc123) cannot send: User john.doe@example.com failed to log in";
  const fault = refusalFault(refusal(400, { message }), CONTEXT);
  assert.equal(fault.message, "tester at http://host: 400 Key *** (sk-***) cannot send: …");
});

test("a quoted text does not decide the kind of a fault", () => {
  const texts = ["wrong dimensions: model not found"];
  const message = `cannot take: ${texts[0]}`;
  assert.equal(refusalFault(refusal(400, { message }), { ...CONTEXT, texts }).kind, "record");
});

for (const text of ["Timeout", "quota: over budget", "invalid model"]) {
  test(`a quoted "${text}" does not decide it either`, () => {
    const message = `cannot take this: ${text}`;
    const fault = refusalFault(refusal(400, { message }), { ...CONTEXT, texts: [text] });
    assert.equal(fault.kind, "record");
  });
}

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

for (const [code, paid, unconnected] of [
  ["ECONNREFUSED", false, true],
  ["ENOTFOUND", false, true],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", false, false],
  ["ECONNRESET", true, false],
  ["UND_ERR_SOCKET", true, false],
] as const) {
  test(`a request that ended with ${code} ${paid ? "may have been" : "was not"} carried out`, () => {
    const fault = connectionFault(Object.assign(new Error("no"), { code }), CONTEXT);
    assert.equal(fault.possiblyBilled, paid);
    assert.equal(fault.connectionFailed, unconnected);
  });
}

test("a request without a usable answer may have been billed, a refused one was not", () => {
  for (const fault of [
    timeoutFault(CONTEXT),
    stoppedFault(CONTEXT),
    nonsenseFault("no", CONTEXT),
  ]) {
    assert.equal(fault.possiblyBilled, true);
  }
  for (const status of [400, 401, 429, 500, 503]) {
    const { possiblyBilled, connectionFailed } = refusalFault(refusal(status), CONTEXT);
    assert.deepEqual([possiblyBilled, connectionFailed], [false, false]);
  }
});

test("something thrown that is no error still becomes a fault", () => {
  assert.equal(connectionFault("boom", CONTEXT).message, "tester at http://host: no answer");
});
