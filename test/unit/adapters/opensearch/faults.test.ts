import * as errors from "@opensearch-project/opensearch/lib/errors.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemFault, kindOf, toFault } from "../../../../src/adapters/opensearch/faults.ts";
import { Fault, type FaultKind } from "../../../../src/domain/faults.ts";

const URL = "https://search:9200";

/** What the client throws for an answer outside 200 to 299. */
function answered(statusCode: number, body: unknown): Error {
  const meta = {
    body,
    statusCode,
    headers: {},
    warnings: null,
    meta: {
      context: {},
      name: "opensearch-js",
      request: { params: { method: "GET", path: "/" }, options: {}, id: 1 },
      connection: {},
      attempts: 0,
      aborted: false,
    },
  };
  // The client's type of its own metadata asks for live connections.
  return Reflect.construct(errors.ResponseError, [meta]);
}

function said(type: string, reason: string) {
  return { error: { root_cause: [{ type, reason }], type, reason } };
}

const PROXY_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>";

const ANSWERS: [string, number, unknown, FaultKind, RegExp, RegExp | undefined][] = [
  [
    "a wrong password",
    401,
    "Unauthorized",
    "credentials",
    /answered 401/,
    /OPENSEARCH_USER and OPENSEARCH_PASSWORD/,
  ],
  [
    "a missing permission",
    403,
    said("security_exception", "no permissions for [indices:data/write/bulk]"),
    "credentials",
    /security_exception: no permissions for/,
    /lacks a permission/,
  ],
  [
    "a write block",
    403,
    said("cluster_block_exception", "index [a] blocked by: [FORBIDDEN/8/index write (api)];"),
    "index",
    /index write/,
    undefined,
  ],
  [
    "a flood stage",
    429,
    said("cluster_block_exception", "disk usage exceeded flood-stage watermark"),
    "index",
    /flood-stage/,
    undefined,
  ],
  [
    "a full queue",
    429,
    said("rejected_execution_exception", "rejected execution of coordinating operation"),
    "rate",
    /rejected execution/,
    /overloaded/,
  ],
  [
    "a full queue of an older kind",
    429,
    said("es_rejected_execution_exception", "queue capacity 10000"),
    "rate",
    /queue capacity/,
    /overloaded/,
  ],
  [
    "a circuit breaker",
    429,
    said("circuit_breaking_exception", "[parent] Data too large"),
    "rate",
    /Data too large/,
    /overloaded/,
  ],
  ["a limit of a proxy", 429, "Too Many Requests", "rate", /HTTP 429/, /overloaded/],
  [
    "a closed index",
    400,
    said("index_closed_exception", "closed"),
    "index",
    /index_closed_exception/,
    undefined,
  ],
  [
    "a missing index",
    404,
    said("index_not_found_exception", "no such index [a]"),
    "index",
    /no such index/,
    undefined,
  ],
  [
    "a mapping that is refused",
    400,
    said("illegal_argument_exception", "Limit of total fields [1000] has been exceeded"),
    "configuration",
    /Limit of total fields/,
    undefined,
  ],
  ["a proxy's page", 502, PROXY_PAGE, "outage", /answered 502: HTTP 502/, /Try again later/],
  ["a proxy's words", 503, { error: "upstream" }, "outage", /error: upstream/, /Try again later/],
  [
    "a cluster without a manager",
    503,
    said("cluster_manager_not_discovered_exception", "no manager"),
    "outage",
    /no manager/,
    /Try again later/,
  ],
  ["an error of unknown form", 500, { error: { odd: 1 } }, "outage", /HTTP 500/, /later/],
];

for (const [what, status, body, kind, message, hint] of ANSWERS) {
  test(`${what} is ${kind}`, () => {
    const cause = answered(status, body);
    const fault = toFault(cause, URL);
    assert.equal(fault.kind, kind);
    assert.match(fault.message, message);
    assert.match(fault.message, /^OpenSearch at https:\/\/search:9200 answered \d{3}: /);
    if (hint) assert.match(fault.hint ?? "", hint);
    else assert.equal(fault.hint, undefined);
    assert.equal(fault.cause, cause);
  });
}

test("a long answer is cut", () => {
  assert.ok(toFault(answered(500, said("x", "y".repeat(9000))), URL).message.length <= 500);
});

test("a fault stays the fault that it is", () => {
  const fault = new Fault("quota", "x");
  assert.equal(toFault(fault, URL), fault);
});

const NETWORK: [string, Error, FaultKind, RegExp, RegExp][] = [
  [
    "nobody listening",
    new errors.ConnectionError("connect ECONNREFUSED 127.0.0.1:9200"),
    "outage",
    /connection refused$/,
    /Is OpenSearch running\?/,
  ],
  [
    "nobody listening at any of a name's addresses",
    new errors.ConnectionError(""),
    "outage",
    /search:9200: /,
    /Is OpenSearch running\?/,
  ],
  [
    "an unknown name",
    new errors.ConnectionError("getaddrinfo ENOTFOUND search"),
    "outage",
    /host name cannot be resolved$/,
    /typing error/,
  ],
  [
    "a name server that does not answer",
    new errors.ConnectionError("getaddrinfo EAI_AGAIN search"),
    "outage",
    /host name cannot be resolved$/,
    /typing error/,
  ],
  [
    "no answer in time",
    Reflect.construct(errors.TimeoutError, ["Request timed out"]),
    "outage",
    /no answer in time$/,
    /OPENSEARCH_TIMEOUT_SECONDS/,
  ],
  [
    "no connection in time",
    new errors.ConnectionError("connect ETIMEDOUT 10.0.0.1:9200"),
    "outage",
    /no answer in time$/,
    /reachable/,
  ],
  [
    "a self-signed certificate",
    new errors.ConnectionError("self-signed certificate in certificate chain"),
    "configuration",
    /certificate was not accepted \(self-signed/,
    /OPENSEARCH_CA_FILE/,
  ],
  [
    "an unknown authority",
    new errors.ConnectionError("unable to verify the first certificate"),
    "configuration",
    /certificate was not accepted/,
    /OPENSEARCH_CA_FILE/,
  ],
  [
    "a certificate of another name",
    new errors.ConnectionError("Hostname/IP does not match certificate's altnames"),
    "configuration",
    /certificate was not accepted/,
    /OPENSEARCH_CA_FILE/,
  ],
  [
    "plain HTTP where TLS is spoken to",
    new errors.ConnectionError(
      "write EPROTO 139:error:0A00010B:SSL routines::wrong version number",
    ),
    "configuration",
    /no TLS handshake/,
    /OPENSEARCH_USE_SSL=false/,
  ],
  [
    "TLS where plain HTTP is spoken to",
    new errors.ConnectionError("socket hang up"),
    "outage",
    /socket hang up/,
    /OPENSEARCH_USE_SSL=true/,
  ],
];

for (const [what, error, kind, message, hint] of NETWORK) {
  test(`${what} is ${kind}, with what to try`, () => {
    const fault = toFault(error, URL);
    assert.equal(fault.kind, kind);
    assert.match(fault.message, message);
    assert.match(fault.hint ?? "", hint);
  });
}

test("a point in time that has run out is told from other outages", () => {
  const gone = said("search_context_missing_exception", "No search context found for id [7]");
  const phase = { type: "search_phase_execution_exception", reason: "all shards failed" };
  const whole = { error: { ...gone.error, ...phase } };
  for (const body of [gone, whole]) {
    const fault = toFault(answered(404, body), URL);
    assert.deepEqual([fault.kind, fault.cursorExpired], ["outage", true]);
  }
  assert.equal(toFault(answered(503, PROXY_PAGE), URL).cursorExpired, false);
});

test("a code is found however deep its error lies", () => {
  const deep = new Error("fetch failed", {
    cause: new Error("x", { cause: Object.assign(new Error("y"), { code: "ECONNREFUSED" }) }),
  });
  assert.match(toFault(deep, URL).message, /connection refused/);
});

test("a thrown value that is not an Error becomes a fault too", () => {
  assert.match(toFault("odd", URL).message, /odd/);
});

const ITEMS: [string, number, string, string, FaultKind][] = [
  ["a write block", 403, "cluster_block_exception", "index write (api)", "index"],
  ["a flood stage", 429, "cluster_block_exception", "flood-stage watermark", "index"],
  ["a closed index", 400, "index_closed_exception", "closed", "index"],
  ["a missing index", 404, "index_not_found_exception", "no such index", "index"],
  ["a shard that is away", 503, "unavailable_shards_exception", "primary not active", "index"],
  ["a full queue", 429, "rejected_execution_exception", "queue full", "rate"],
  ["a full queue of an older kind", 429, "es_rejected_execution_exception", "queue full", "rate"],
  ["a missing permission", 403, "security_exception", "no permissions", "credentials"],
  ["a document that cannot be parsed", 400, "mapper_parsing_exception", "failed", "record"],
  ["a strict mapping", 400, "strict_dynamic_mapping_exception", "not allowed", "record"],
  ["a missing routing", 400, "routing_missing_exception", "routing is required", "record"],
  ["trouble on the other side", 500, "null_pointer_exception", "null", "index"],
  ["a cluster without a state", 503, "cluster_block_exception", "not recovered", "outage"],
  [
    "another dimension",
    400,
    "mapper_parsing_exception",
    "Vector dimension mismatch. Expected: 4, Given: 8",
    "configuration",
  ],
];

for (const [what, status, type, reason, kind] of ITEMS) {
  test(`of one update, ${what} is ${kind}`, () => {
    const fault = itemFault(status, { type, reason });
    assert.equal(fault.kind, kind);
    assert.ok(fault.message.includes(reason));
  });
}

test("an update refused without a reason names its type, and a long reason is cut", () => {
  assert.match(itemFault(400, { type: "odd_exception", reason: null }).message, /odd_exception/);
  assert.ok(itemFault(400, { type: "x", reason: "y".repeat(9000) }).message.length <= 400);
});

test("a type that nobody knows is attributed by its status", () => {
  assert.deepEqual(
    [400, 401, 403, 404, 429, 500, 503].map((status) => kindOf(status, "new_exception")),
    ["record", "credentials", "credentials", "record", "rate", "outage", "outage"],
  );
});
