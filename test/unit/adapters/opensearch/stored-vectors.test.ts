import assert from "node:assert/strict";
import { test } from "node:test";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import { findStoredVectors } from "../../../../src/adapters/opensearch/stored-vectors.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";
import { signer, signed } from "../../../support/fakes/signer.ts";

const { signal } = new AbortController();
const QUERY = { textHashes: ["a", "b"], model: "m", dimensions: 2, signer };

function hit(hash: unknown, vector: unknown) {
  const unsigned = {
    model: "m",
    dimensions: 2,
    text_hash: String(hash),
    embedded_at: "",
    truncated: false,
  };
  const values = Float32Array.from(Array.isArray(vector) ? vector : []);
  const meta = { ...signed(unsigned, values), ...(hash === undefined ? { text_hash: null } : {}) };
  const source = { log_vector: vector, log_vector_meta: meta };
  return { _index: "app_logs", _id: "1", _seq_no: 1, _primary_term: 1, _source: source };
}

function found(answer: (request: Sent) => unknown, shapes: readonly IndexShape[] = [SHAPE]) {
  const { api, sent } = createFakeApi(answer);
  const what = (query = QUERY) => findStoredVectors(api, query, { shapes, fields: FIELDS }, signal);
  return { what, sent };
}

const answering = (hits: unknown[], failed = 0) => ({
  responses: [{ _shards: { total: 9, successful: 9 - failed, failed }, hits: { hits } }],
});

test("a stored value that is not a vector of these dimensions is skipped, whatever its stamp", async () => {
  for (const vector of [[1], [1, 2, 3], [0, 0], ["1", "2"], [1, null], null, undefined, "AAA="]) {
    const { what } = found(() => answering([hit("a", vector), hit("b", [3, 4])]));
    assert.deepEqual([...(await what()).keys()], ["b"], JSON.stringify(vector));
  }
  const { what } = found(() => answering([hit(undefined, [1, 2])]));
  assert.equal((await what()).size, 0);
});

test("failed shards only hide what they hold", async () => {
  const { what } = found(() => answering([hit("a", [3, 4])], 7));
  const answer = await what();
  assert.deepEqual(answer.gaps, [{ index: "app_logs", reason: "7 of 9 shards failed" }]);
  assert.deepEqual(answer, new Map([["a", { vector: Float32Array.of(3, 4), truncated: false }]]));
  assert.equal((await found(() => answering([])).what()).gaps, undefined);
});

const FAILURES = [
  ["rate", 429, "circuit_breaking_exception"],
  ["outage", 503, "search_phase_execution_exception"],
  ["credentials", 403, "security_exception"],
  ["configuration", 400, "illegal_argument_exception"],
] as const;

for (const [kind, status, type] of FAILURES) {
  test(`a search that fails with ${type} is a fault of kind ${kind}, and no miss`, async () => {
    const error = { type, reason: "no", root_cause: [{ type, reason: "no" }] };
    const { what } = found(() => ({ responses: [{ error, status }] }));
    await assert.rejects(what(), { name: "Fault", kind });
  });
}

test("only mapped indices are asked whose hashes can be grouped, all in one search", async () => {
  const shapes = [
    { ...SHAPE, index: "one", level: { term: { level: 3 } } },
    { ...SHAPE, index: "two" },
    { ...SHAPE, index: "unmapped", mapped: false },
    { ...SHAPE, index: "texts", hashIsKeyword: false },
  ];
  const { what, sent } = found(() => answering([]), shapes);
  await what();
  assert.equal(sent.length, 1);
  const lines = sent.flatMap(linesOf);
  assert.equal(lines.length, 2);
  assert.deepEqual(lines[0], { index: ["one", "two"], ignore_unavailable: true });

  const none = found(() => assert.fail("asked in vain"), shapes.slice(2));
  assert.equal((await none.what()).size, 0);
});

test("many hashes are asked for in several searches, so that no answer grows large", async () => {
  const textHashes = Array.from({ length: 250 }, (_, i) => `${i}`);
  const { what, sent } = found(() => answering([]));
  await what({ ...QUERY, textHashes });
  const sizes = sent.map((request) => Number(Object(linesOf(request)[1]).size));
  assert.deepEqual(sizes, [100, 100, 50]);
});
