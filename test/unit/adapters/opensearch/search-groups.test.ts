import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  searchEachGroup,
  searchGroups,
} from "../../../../src/adapters/opensearch/search-groups.ts";
import { completenessShape } from "../../../../src/adapters/opensearch/partial-answer.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const GROUPS = [["a", "b"], ["c"]].map((names) => names.map((index) => ({ ...SHAPE, index })));
const ANSWER = completenessShape.extend({ hits: z.number() });

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
  assert.deepEqual(result, { answers: [{ group: GROUPS[1], answer: good(2) }], gaps });
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

test("a search that must be complete fails where one shard fails", async () => {
  const { api } = createFakeApi(() => ({ responses: [good(), RED] }));
  await assert.rejects(
    searchGroups(api, GROUPS, () => ({}), ANSWER, signal),
    { kind: "outage" },
  );
});

const HUNG = new Fault("outage", "no answer within 30 s", { timedOut: true });

/** Answers every search, unless it is of an index that hangs. */
function hangingFor(bad: string, known = ["a", "b", "c"]) {
  return createFakeApi((request) => {
    if (request.path !== "/_msearch") {
      if (request.path.includes(bad)) throw HUNG;
      return {};
    }
    const searches = searchesOf(request);
    if (searches.flat().includes(bad)) throw HUNG;
    return { responses: searches.map(() => good()) };
  }, known);
}

function searchesOf(request: Sent): string[][] {
  const headers = linesOf(request).filter((_, i) => i % 2 === 0);
  return z
    .array(z.object({ index: z.array(z.string()) }))
    .parse(headers)
    .map(({ index }) => index);
}

for (const [how, search] of [
  ["what may be told in part", searchEachGroup],
  ["what must not fail in part", searchGroups],
] as const) {
  test(`${how}: an index whose search hangs is a gap, and the others of its group are seen`, async () => {
    const { api } = hangingFor("b");
    const { answers, gaps } = await search(api, GROUPS, () => ({}), ANSWER, signal);
    assert.equal(answers.length, 2);
    assert.deepEqual(
      gaps.map(({ index, reason }) => [index, reason.includes(HUNG.message)]),
      [["b", true]],
    );
  });
}

test("an index that hung is not waited for again by the next search, and is a gap of it too", async () => {
  const { api, sent } = hangingFor("b");
  await searchEachGroup(api, GROUPS, () => ({}), ANSWER, signal);
  const before = sent.length;

  const { answers, gaps } = await searchEachGroup(api, GROUPS, () => ({}), ANSWER, signal);

  assert.deepEqual(sent.slice(before).map(searchesOf), [[["a"], ["c"]]]);
  assert.deepEqual([answers.length, gaps.map(({ index }) => index)], [2, ["b"]]);
  const alone = [[{ ...SHAPE, index: "b" }]];
  const own = await searchEachGroup(api, alone, () => ({}), ANSWER, signal);
  assert.deepEqual([own.answers, own.gaps.length], [[], 1]);
});

test("once its minute is over it is asked apart, and is like any other when it answers", async () => {
  const { api, sent } = hangingFor("nothing");
  api.unreadable.set("b", { fault: new Fault("index", "b hung"), until: performance.now() - 1 });

  const { answers, gaps } = await searchEachGroup(api, GROUPS, () => ({}), ANSWER, signal);

  assert.deepEqual(sent.map(searchesOf), [[["a"], ["c"]], [["b"]]]);
  assert.deepEqual([answers.length, gaps, api.unreadable.size], [3, [], 0]);
});

test("where nobody answers it is an outage at once, and no index is blamed", async () => {
  const { api, sent } = createFakeApi(() => {
    throw HUNG;
  }, ["a", "b", "c"]);
  await assert.rejects(
    searchEachGroup(api, GROUPS, () => ({}), ANSWER, signal),
    { kind: "outage" },
  );
  assert.equal(sent.filter(({ path }) => path === "/_msearch").length, 1);
  assert.equal(api.unreadable.size, 0);
});

test("the only index that is known is not told from the cluster", async () => {
  const { api } = hangingFor("b", ["b"]);
  const alone = [[{ ...SHAPE, index: "b" }]];
  await assert.rejects(
    searchEachGroup(api, alone, () => ({}), ANSWER, signal),
    { kind: "outage" },
  );
});

test("without indices nothing is asked", async () => {
  const { api } = createFakeApi(() => assert.fail("asked"));
  const result = await searchEachGroup(api, [], () => ({}), ANSWER, signal);
  assert.deepEqual(result, { answers: [], gaps: [] });
});
