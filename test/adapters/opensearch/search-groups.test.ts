import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { searchEachGroup, searchGroups } from "../../../src/adapters/opensearch/search-groups.ts";
import { seenShape } from "../../../src/adapters/opensearch/partial-answer.ts";
import { createFakeApi } from "./fake-api.ts";
import { SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const GROUPS = [["a", "b"], ["c"]].map((names) => names.map((index) => ({ ...SHAPE, index })));
const ANSWER = seenShape.extend({ hits: z.number() });

const good = (failed = 0) => ({
  _shards: { total: 5, successful: 5 - failed, failed, failures: [] },
  timed_out: false,
  hits: 1,
});
const failure = (status: number, type: string, rootTypes: string[] = []) => ({
  status,
  error: {
    type,
    reason: "why",
    root_cause: rootTypes.map((root) => ({ type: root, reason: "why" })),
  },
});
const RED = failure(503, "search_phase_execution_exception");

test("indices none of whose shards answer hide themselves only, and are named", async () => {
  const { api } = createFakeApi(() => ({ responses: [RED, good(2)] }));
  const result = await searchEachGroup(api, GROUPS, () => ({}), ANSWER, signal);
  const reason = "no shard has a copy that can be searched";
  const gaps = [
    { index: "a", reason },
    { index: "b", reason },
    { index: "c", reason: "2 of 5 shards failed" },
  ];
  assert.deepEqual(result, { answers: [undefined, good(2)], gaps });
});

for (const [kind, ...responses] of [
  ["outage", RED, RED],
  ["rate", failure(429, "circuit_breaking_exception"), RED],
  ["credentials", failure(403, "security_exception"), RED],
  [
    "index",
    failure(503, "search_phase_execution_exception", ["no_shard_available_action_exception"]),
    RED,
  ],
  [
    "configuration",
    failure(400, "search_phase_execution_exception", ["query_shard_exception"]),
    RED,
  ],
] as const) {
  test(`where every search failed, the first by ${kind}, that is the fault`, async () => {
    const { api } = createFakeApi(() => ({ responses }));
    const search = searchEachGroup(api, GROUPS, () => ({}), ANSWER, signal);
    await assert.rejects(search, { name: "Fault", kind });
  });
}

test("what must not be told in part fails with the first search that does", async () => {
  const { api } = createFakeApi(() => ({ responses: [good(), RED] }));
  await assert.rejects(
    searchGroups(api, GROUPS, () => ({}), ANSWER, signal),
    { kind: "outage" },
  );
});

test("without indices nothing is asked", async () => {
  const { api } = createFakeApi(() => assert.fail("asked"));
  const result = await searchEachGroup(api, [], () => ({}), ANSWER, signal);
  assert.deepEqual(result, { answers: [], gaps: [] });
});
