import assert from "node:assert/strict";
import { test } from "node:test";
import { answered } from "../../../src/cli/print-search.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";
import type { SearchAnswer, SearchHit } from "../../../src/search/search-answer.ts";

const HIT: SearchHit = {
  score: 0.91234,
  count: 1,
  first_seen: "2026-11-20T06:14:30.400Z",
  last_seen: "2026-11-20T06:14:30.400Z",
  index: "app_logs",
  id: "a1",
  shard_key: null,
  timestamp: "2026-11-20T06:14:30.400Z",
  level: "ERROR",
  service: "orders",
  message: "disk full",
  message_truncated: false,
};
const ANSWER: SearchAnswer = {
  query: { text: "disk", truncated: false, index: null, id: null },
  model: "m",
  dimensions: 8,
  hits: [HIT],
  more: false,
  searched: { indices: 1, records: 7, without_graph: null },
  other_models: [],
  nothing_comparable: null,
  left_out: [],
  gaps: [],
  embedding: { requests: 0, texts: 0, tokens: 0, cost_usd: 0 },
  stored: null,
  duration_ms: 1,
};

function print(answer: Partial<SearchAnswer>, columns?: number) {
  let text = "";
  const write = (some: string) => {
    text += some;
    return true;
  };
  const stdout = { write, columns, isTTY: columns !== undefined };
  const options = { json: false, filter: { limit: 10 } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a stream it needs no more
  const code = answered({ ...ANSWER, ...answer }, options, { stdout, argv: [] } as never);
  return { code, lines: text.trimEnd().split("\n") };
}

test("one hit is a line, and what to do next is said", () => {
  assert.deepEqual(print({}), {
    code: 0,
    lines: [
      "The nearest among 7 records with a vector of m in 1 index.",
      "score  time (UTC)           count  service  level  message",
      "0.912  2026-11-20 06:14:30      1  orders   ERROR  disk full",
      "",
      "More like the first: log-vectorizer similar app_logs a1",
    ],
  });
});

test("a message is cut to the width of a terminal, by whole characters, and nowhere else", () => {
  const message = `disk ${"👩‍🚒 full ".repeat(40)}`;
  const [, , row = ""] = print({ hits: [{ ...HIT, message }] }, 100).lines;
  assert.match(row, /  disk (👩‍🚒 full ){1,6}.*…$/u);
  assert.ok(Array.from(new Intl.Segmenter().segment(row)).length <= 100, row);
  const [, , whole = ""] = print({ hits: [{ ...HIT, message }] }).lines;
  assert.ok(whole.endsWith(message.trim()));
  const [, , narrow = ""] = print({ hits: [{ ...HIT, message: "x".repeat(200) }] }, 20).lines;
  assert.match(narrow, / x{29}…$/);
});

test("lines, escapes and what turns text round stay in their line", () => {
  const message = "one\r\n  two\tthree\u001b[31m\u202e\u0007";
  const { lines } = print({ hits: [{ ...HIT, message, service: "a\nb" }] });
  assert.ok(lines[2]?.endsWith(String.raw`one ⏎ two three\u001b[31m\u202e\u0007`), lines[2]);
  assert.equal(lines.length, 5);
});

test("repeated errors show from when to when", () => {
  const { lines } = print({
    hits: [{ ...HIT, count: 42, first_seen: "2025-01-02T03:04:05.678Z" }, HIT],
  });
  assert.match(lines[1] ?? "", /^score +last seen \(UTC\) +first seen +count/);
  assert.match(lines[2] ?? "", /^0.912 +2026-11-20 06:14:30 +2025-01-02 03:04:05 +42 /);
  assert.match(lines[3] ?? "", /^0.912 +2026-11-20 06:14:30 +1 /);
});

test("what was not compared is said in few lines, and failed shards are no success", () => {
  const left = Array.from({ length: 9 }, (_, i) => ({ index: `app_${i}`, reason: "closed" }));
  const { code, lines } = print({
    hits: [],
    left_out: [...left, { index: "web", reason: "no level field" }],
    other_models: [
      { model: "old", records: 5 },
      { model: null, records: 2 },
    ],
    searched: {
      indices: 2,
      records: null,
      without_graph: { indices: 1, records: 20_000, compared: 10_000 },
    },
    gaps: [{ index: "app_9", reason: "1 of 5 shards failed" }],
    embedding: { requests: 1, texts: 1, tokens: 9, cost_usd: 0.0000012 },
  });
  assert.equal(code, 1);
  assert.deepEqual(lines, [
    "Nothing found among an unknown number of records with a vector of m in 2 indices.",
    "Without a graph in 1 index: only the newest 10000 of 20000 records there were compared. Filters narrow it.",
    "Not compared, because their vectors are of another model: 5 of old, 2 of an unknown model.",
    "log-vectorizer reembed makes new ones.",
    "Not searched: app_0, app_1, app_2 and 6 more (closed).",
    "Not searched: web (no level field).",
    "There may be more, because the answer is incomplete: app_9: 1 of 5 shards failed.",
    "Embedding it: $0.000001.",
  ]);
});

test("an embedding whose price nobody knows is told by its tokens", () => {
  const { lines } = print({ embedding: { requests: 1, texts: 1, tokens: 9, cost_usd: null } });
  assert.ok(lines.includes("Embedding it: 9 tokens, price unknown."), lines.join("\n"));
});

test("ids that a shell or an option parser would take apart can be pasted all the same", () => {
  const next = (hit: Partial<SearchHit>) => print({ hits: [{ ...HIT, ...hit }] }).lines.at(-1);
  const command = "More like the first: log-vectorizer similar";
  assert.equal(next({ id: "-4x" }), `${command} -- app_logs -4x`);
  assert.equal(
    next({ id: "-4x", shard_key: "r 1" }),
    `${command} --shard-key 'r 1' -- app_logs -4x`,
  );
  assert.equal(next({ id: "it's $1" }), String.raw`${command} app_logs 'it'\''s $1'`);
});

test("what became of a record without a vector is said", () => {
  const query = { ...ANSWER.query, index: "app_logs", id: "b2" };
  const said = (stored: SearchAnswer["stored"]) => print({ query, stored }).lines.at(-2);
  assert.equal(said("updated"), "app_logs/b2 had no vector; it has one now (updated).");
  assert.equal(
    said("already_vectorized"),
    "app_logs/b2 was embedded for this search and not stored (already vectorized).",
  );
});

test("lines of a message are one line, and a run of blanks takes no longer than another text", () => {
  const { lines } = print({
    hits: [{ ...HIT, message: " disk full\n\n  at write\r\n\tat main " }],
  });
  assert.match(lines[2] ?? "", /ERROR {2}disk full ⏎ at write ⏎ at main$/);
  assertLinear((text) => print({ hits: [{ ...HIT, message: `a${text}b` }] }), " ");
});

test("where nothing can be compared that comes first, with the command, and is no success", () => {
  const { code, lines } = print({
    hits: [],
    searched: { indices: 1, records: 0, without_graph: null },
    other_models: [{ model: "old", records: 120 }],
    nothing_comparable: {
      records: 120,
      models: [{ model: "old", dimensions: 8, records: 120 }],
      estimate: { tokens: 3000, cost_usd: 0.00039 },
      command: "log-vectorizer reembed",
    },
  });
  assert.equal(code, 1);
  assert.deepEqual(lines, [
    "120 records carry vectors of another model (old), which search does not compare; about 3000 tokens, at most $0.000390. Make new ones: log-vectorizer reembed",
    "",
    "Nothing found among 0 records with a vector of m in 1 index.",
  ]);
});
