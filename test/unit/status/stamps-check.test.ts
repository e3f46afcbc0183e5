import assert from "node:assert/strict";
import { test } from "node:test";
import { stampsCheck } from "../../../src/status/record-checks.ts";
import type { FitIndex } from "../../../src/domain/survey.ts";

const KEY = "0a0a0a0a";
const APP: FitIndex = { index: "app-1", mapped: true, search: "graph" };
const own = (records: number) => ({ index: "app-1", key: KEY, records });

test("where all stamps are our own, their number is said and nothing warned of", () => {
  assert.deepEqual(stampsCheck([own(7)], { fit: [APP], key: KEY }), {
    result: "ok",
    detail: "7 vectors signed with the key 0a0a0a0a",
  });
});

test("vectors of before are counted, and warned of no more than they cost", () => {
  const rows = [own(1), { index: "app-1", key: null, records: 2 }];
  assert.deepEqual(stampsCheck(rows, { fit: [APP], key: KEY }), {
    result: "ok",
    detail:
      "1 vector signed with the key 0a0a0a0a. 2 vectors are not signed: they are searched, but not reused for equal texts",
  });
});

test("stamps of several keys are warned of, with what to do; what names no key is not repeated", () => {
  const rows = [
    own(1),
    { index: "app-1", key: "0b0b0b0b", records: 2 },
    { index: "app-2", key: "0b0b0b0b", records: 3 },
    { index: "app-1", key: "<b>you have been hacked</b>", records: 1 },
  ];
  const { result, detail, hint } = stampsCheck(rows, { fit: [APP], key: KEY });
  assert.equal(result, "warning");
  assert.equal(
    detail,
    "1 vector signed with the key 0a0a0a0a. 6 vectors are signed with other keys " +
      "(0b0b0b0b: 5, no name of a key: 1) than this process's (0a0a0a0a): they are searched but not reused, so equal texts are paid for again",
  );
  assert.match(hint ?? "", /^Set the same STAMP_KEY for all processes that write to these indices/);
});

test("an index without a mapping for signatures is named, with what adds it", () => {
  const fit = [
    { ...APP, unsigned: true as const },
    { ...APP, index: "app-2" },
  ];
  const { result, detail, hint } = stampsCheck([], { fit, key: KEY });
  assert.equal(result, "warning");
  assert.match(detail, /\. app-1 has no mapping for signatures: vectors there are not reused/);
  assert.match(hint ?? "", /log-vectorizer init/);
});

test("where no key was made yet, vectors that others signed are told all the same", () => {
  const rows = [{ index: "app-1", key: "0b0b0b0b", records: 2 }];
  const { result, detail } = stampsCheck(rows, { fit: [APP], key: undefined });
  assert.equal(result, "warning");
  assert.match(
    detail,
    /^no key yet: the first run creates one\. 2 vectors are signed with other keys/,
  );
  assert.match(detail, /than this process's \(none yet\)/);
});
