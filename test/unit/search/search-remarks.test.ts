import assert from "node:assert/strict";
import { test } from "node:test";
import { searchAnswerShape, type SearchAnswer } from "../../../src/search/search-answer.ts";
import { searchRemarks, whyNothingCompared } from "../../../src/search/search-remarks.ts";
import { HIT, searchAnswer } from "../../support/search-answers.ts";

const LEFT_OUT = Array.from({ length: 9 }, (_, i) => ({ index: `app_${i}`, reason: "closed" }));

const QUERY = { text: "", truncated: false, must_have: [], index: null, id: null };
const asBoth = (by: SearchAnswer["searched_by"]) => ({ mode: "both", searched_by: by }) as const;

const CASES: [what: string, answer: Partial<SearchAnswer>, holds: string[][]][] = [
  ["a complete answer", {}, []],
  ["a text that was cut", { query: { ...QUERY, truncated: true } }, [[]]],
  [
    "indices without a graph",
    {
      searched: {
        indices: 2,
        records: 3,
        without_graph: { indices: 1, records: 20_000, compared: 10_000 },
      },
    },
    [["1 index", "10000", "20000 records"]],
  ],
  [
    "an index without a graph that was compared in whole",
    {
      searched: { indices: 2, records: 3, without_graph: { indices: 1, records: 9, compared: 9 } },
    },
    [],
  ],
  [
    "records of other models",
    {
      other_models: [
        { model: "old", records: 5 },
        { model: null, records: 2 },
      ],
    },
    [["5 of old", "2 of an unknown model", "log-vectorizer reembed"]],
  ],
  [
    "indices that were not searched, by reason",
    { left_out: [...LEFT_OUT, { index: "web", reason: "no level field" }] },
    [
      ["app_0, app_1, app_2 and 6 more", "closed"],
      ["web", "no level field"],
    ],
  ],
  [
    "parts that did not answer",
    { gaps: [{ index: "app_9", reason: "1 of 5 shards failed" }] },
    [["app_9: 1 of 5 shards failed"]],
  ],
  [
    "an index that only one way could search",
    {
      ...asBoth(["words", "meaning"]),
      left_out: [
        { index: "app_0", reason: "no record has a vector yet", by: "meaning" },
        { index: "app_1", reason: "closed" },
      ],
    },
    [
      ["by words, not by meaning: app_0", "no record has a vector yet"],
      ["Not searched: app_1", "closed"],
    ],
  ],
  [
    "an embedder that is down",
    { ...asBoth(["words"]), not_searched_by: [{ by: "meaning", reason: "no connection" }] },
    [["words alone", "no connection"]],
  ],
  ["a store without words", asBoth(["meaning"]), [["meaning alone"]]],
  ["a quoted part", { query: { ...QUERY, must_have: ["disk full"] } }, [['"disk full"']]],
  [
    "a record without a vector",
    { ...asBoth(["words", "meaning"]), hits: [{ ...HIT, score: null, vectorized: false }] },
    [["1 of these has no vector"]],
  ],
  [
    "an embedding that was paid for",
    { embedding: { requests: 1, texts: 1, tokens: 9, cost_usd: 0.0000012 } },
    [["$0.000001"]],
  ],
  [
    "an embedding of unknown price",
    { embedding: { requests: 1, texts: 1, tokens: 9, cost_usd: null } },
    [["9 tokens", "price unknown"]],
  ],
  [
    "an embedding for nothing",
    { embedding: { requests: 1, texts: 1, tokens: 9, cost_usd: 0 } },
    [],
  ],
  [
    "a record that got its vector",
    { query: { ...QUERY, index: "app", id: "b2" }, stored: "updated" },
    [["app/b2", "updated"]],
  ],
  [
    "a record whose vector was not stored",
    { query: { ...QUERY, index: "app", id: "b2" }, stored: "conflicted" },
    [["app/b2", "conflicted"]],
  ],
];

for (const [what, changes, expected] of CASES) {
  test(`remarks on ${what}`, () => {
    const answer = searchAnswer(changes);
    assert.deepEqual(searchAnswerShape.parse(answer), answer);
    const remarks = searchRemarks(answer);
    assert.equal(remarks.length, expected.length, remarks.join("\n"));
    for (const [i, facts] of expected.entries()) {
      for (const fact of facts) assert.ok(remarks[i]?.includes(fact), `${fact} in ${remarks[i]}`);
    }
  });
}

test("where nothing can be compared, the reason is said once, with its remedy", () => {
  const others = {
    records: 5,
    models: [{ model: "old", dimensions: 3, records: 5 }],
    estimate: null,
    command: "log-vectorizer reembed" as const,
  };
  const answer = searchAnswer({
    hits: [],
    nothing_comparable: others,
    other_models: [{ model: "old", records: 5 }],
  });
  assert.match(whyNothingCompared(answer) ?? "", /5 records.*\bold\b.*log-vectorizer reembed$/);
  assert.deepEqual(searchRemarks(answer), []);
  assert.equal(whyNothingCompared(searchAnswer({})), undefined);
});
