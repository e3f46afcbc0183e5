import assert from "node:assert/strict";
import { test } from "node:test";
import {
  heldNames,
  holdsPhrases,
  parseQuery,
  queryWords,
} from "../../../src/search/query-words.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

const QUERIES: readonly (readonly [string, string, string[]])[] = [
  ['"disk full" timeout', "disk full timeout", ["disk full"]],
  ['"a b" and "c"', "a b and c", ["a b", "c"]],
  ['"x" "x"', "x x", ["x"]],
  ['say "hi', 'say "hi', []],
  ['{"error":"timeout"}', '{"error":"timeout"}', []],
  ['the "" and " - "', 'the "" and " - "', []],
  [`"${"x".repeat(301)}"`, `"${"x".repeat(301)}"`, []],
  ['"a" "b" "c" "d" "e" "f"', '"a" "b" "c" "d" "e" "f"', []],
];

for (const [query, text, phrases] of QUERIES) {
  test(`quoted parts of ${query.slice(0, 40)}`, () => {
    assert.deepEqual(parseQuery(query), { text, phrases });
  });
}

test("a part is in a text in any case, and across a line break", () => {
  assert.equal(holdsPhrases("Disk\n   FULL on node", ["disk full", "ON NODE"]), true);
  assert.equal(holdsPhrases("disk is full", ["disk full"]), false);
  assert.equal(holdsPhrases("anything", []), true);
});

const NAMES = [
  "ERR_4711",
  "blk_-1608999687919862906",
  "OrderService.charge",
  "node-7",
  "getUser",
  "10.0.0.1:9200",
  "orders.invoice",
  "4711",
];
const WORDS = ["disk", "read-only", "out-of-memory", "504", "it's", "커밋하기", "Timeout", "OOM"];

test("names are told from words", () => {
  const { all, names } = queryWords([...NAMES, ...WORDS].join(" "));
  assert.deepEqual(all, [...NAMES, ...WORDS]);
  assert.deepEqual(names, NAMES);
});

test("what stands around a word is none of it, and each word counts once", () => {
  assert.deepEqual(queryWords("(Disk) disk, full! ... —").all, ["Disk", "full"]);
});

test("of a long text the words of its beginning are looked for, also without any space", () => {
  const many = Array.from({ length: 5000 }, (_, i) => `word${i}`).join(" ");
  assert.deepEqual([queryWords(many).all.length, queryWords(many).all[0]], [100, "word0"]);
  assert.equal(queryWords("磁".repeat(5000)).all[0]?.length, 100);
  assertLinear((text) => [queryWords(text), parseQuery(text)], 'a."- ');
});

test("a name is held as a whole only", () => {
  const names = ["ERR_4711", "charge"];
  assert.equal(heldNames("(err_4711): OrderService.charge failed", names).length, 2);
  assert.equal(heldNames("ERR_47112, recharge, ERR_4711x", names).length, 0);
  assert.equal(heldNames("ERR_47112 then ERR_4711", names).length, 1);
});
