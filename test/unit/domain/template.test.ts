import assert from "node:assert/strict";
import { test } from "node:test";
import { templateOf } from "../../../src/domain/template.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

const CASES: readonly (readonly [text: string, template: string])[] = [
  ["Connection refused", "Connection refused"],
  ["HTTP 503 after 3 retries", "HTTP 503 after 3 retries"],
  ["order 12345 not found", "order <number> not found"],
  ["took 1234.5 ms", "took <number> ms"],
  ["2026-01-02T03:04:05.678Z down", "<time> down"],
  ["2026-01-02 03:04:05,678 down", "<time> down"],
  ["at 03:04:05 down", "at <time> down"],
  ["id 7f0c6b1e-2d3a-4b5c-8d9e-0a1b2c3d4e5f gone", "id <uuid> gone"],
  ["from 10.251.42.84:50010 to /10.0.0.1", "from <ip> to /<ip>"],
  ["to fe80::1ff:fe23:4567:890a", "to <ip>"],
  ["pointer 0x7ffe12 freed", "pointer <hex> freed"],
  ["commit deadbeef01 failed", "commit <hex> failed"],
  ["receiving blk_3587508140051953248", "receiving blk_<number>"],
  ["task attempt_1445144423722_0020_m_000009_0", "task attempt_<number>_<number>_m_<number>_0"],
  ["no file /var/data/20260102/part-00017.gz", "no file /var/data/<hex>/part-<number>.gz"],
  ['user "alice" unknown', "user <text> unknown"],
  ["user 'alice' can't log in", "user <text> can't log in"],
  ["java.lang.NullPointerException: x", "java.lang.NullPointerException: x"],
  ["ECONNREFUSED 127.0.0.1:9200", "ECONNREFUSED <ip>"],
  ["exit code 137", "exit code 137"],
];

for (const [text, template] of CASES) {
  test(`${text} → ${template}`, () => assert.equal(templateOf(text), template));
}

test("occurrences of one error have one template, other errors another", () => {
  const errors = [1, 2, 3].map(
    (n) => `2026-01-0${n} 10:00:0${n} payment ${n}00000${n} of 10.0.0.${n} failed: 502`,
  );
  assert.equal(new Set(errors.map(templateOf)).size, 1);
  assert.notEqual(templateOf("answered 502"), templateOf("answered 504"));
});

test("a template is its own template", () => {
  for (const [text] of CASES) assert.equal(templateOf(templateOf(text)), templateOf(text));
});

for (const piece of ["1", "'", '"', "a/", "0.", ":", "::", "1-", "0x", "<", " '", "a1"]) {
  test(`takes time in proportion to a text of nothing but ${JSON.stringify(piece)}`, () => {
    assertLinear(templateOf, piece);
  });
}

test("takes time in proportion to a word with a run of signs in it", () => {
  assertLinear((text) => templateOf(`1${text}1`), ".");
});
