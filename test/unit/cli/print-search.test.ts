import assert from "node:assert/strict";
import { test } from "node:test";
import { answered } from "../../../src/cli/print-search.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";
import type { SearchAnswer, SearchHit } from "../../../src/search/search-answer.ts";
import { HIT, searchAnswer } from "../../support/search-answers.ts";

function print(answer: Partial<SearchAnswer>, columns?: number) {
  let text = "";
  const write = (some: string) => {
    text += some;
    return true;
  };
  const stdout = { write, columns, isTTY: columns !== undefined };
  const options = { json: false, filter: { limit: 10 } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a stream it needs no more
  const code = answered(searchAnswer(answer), options, { stdout, argv: [] } as never);
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

test("an answer that is incomplete ends with exit code 1", () => {
  const { code, lines } = print({
    hits: [],
    searched: { indices: 2, records: null, without_graph: null },
    gaps: [{ index: "app_9", reason: "1 of 5 shards failed" }],
  });
  assert.equal(code, 1);
  assert.match(lines[0] ?? "", /^Nothing found among an unknown number of records/);
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
