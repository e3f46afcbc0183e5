import assert from "node:assert/strict";
import { test } from "node:test";
import { messagePattern } from "../../../src/search/group-hits.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

const ALIKE: [string, string][] = [
  ["waiting 112 of 40", "waiting 7 of 41"],
  ["took 30000 ms on node-3", "took 12.5 ms on node-17"],
  ["user 'bob' not found", "user 'alice' not found"],
  ["replica db-1.internal:5432 lost", "replica db-22.internal:5432 lost"],
];
const UNLIKE: [string, string][] = [
  ["answered with status 503", "answered with status 404"],
  ["HTTP/1.1 502 from gateway", "HTTP/1.1 504 from gateway"],
  ["exit code: 137", "exit code: 1"],
  ["errno=28", "errno=5"],
  ["disk full", "disk gone"],
];

for (const [a, b] of ALIKE) {
  test(`"${a}" and "${b}" are told as one`, () =>
    assert.equal(messagePattern(a), messagePattern(b)));
}

for (const [a, b] of UNLIKE) {
  test(`"${a}" and "${b}" are told apart`, () =>
    assert.notEqual(messagePattern(a), messagePattern(b)));
}

for (const unit of ["1", "1.", "error: ", "status 1 ", "http/1."]) {
  test(`takes time linear in a text of nothing but "${unit}"`, () =>
    assertLinear(messagePattern, unit));
}
