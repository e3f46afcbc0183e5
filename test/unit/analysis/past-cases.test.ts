import assert from "node:assert/strict";
import { test } from "node:test";
import { likePastCase, rankPastCases, type Case } from "../../../src/analysis/past-cases.ts";

function caseOf(id: string, group: string, over: Partial<Case> = {}): Case {
  return { id, group, service: "shop", fromMs: 0, count: 4, rose: [], ...over };
}
const rise = (group: string, lift = 8) => ({ group, lift });
const vector = (...values: number[]) => new Float32Array(values);

test("the same error stands before one that only looks like it", () => {
  const now = caseOf("now", "timeout", { vector: vector(1, 0), rose: [rise("gc")] });
  const ranked = rankPastCases(
    now,
    [
      caseOf("twin", "timeout2", { vector: vector(1, 0.01), rose: [rise("gc")] }),
      caseOf("same", "timeout", { vector: vector(1, 0) }),
    ],
    5,
  );
  assert.deepEqual(
    ranked.map((one) => [one.case.id, one.sameGroup]),
    [
      ["same", true],
      ["twin", false],
    ],
  );
});

test("of two cases of one error the one with the same surroundings stands first, however old", () => {
  const now = caseOf("now", "timeout", { rose: [rise("disk full"), rise("retry")] });
  const [first, second] = rankPastCases(
    now,
    [
      caseOf("network", "timeout", { fromMs: 2, rose: [rise("dns"), rise("retry")] }),
      caseOf("disk", "timeout", { fromMs: 1, rose: [rise("disk full"), rise("retry")] }),
    ],
    5,
  );
  assert.equal(first?.case.id, "disk");
  assert.equal(first.likeness, 1);
  assert.deepEqual(
    { both: second?.both, onlyNow: second?.onlyNow, onlyThen: second?.onlyThen },
    { both: ["retry"], onlyNow: ["disk full"], onlyThen: ["dns"] },
  );
});

test("what rises with everything says less than what rises with few", () => {
  const noise = rise("noise");
  const others = ["a", "b", "c", "d"].map((id) => caseOf(id, id, { rose: [noise] }));
  const now = caseOf("now", "timeout", { rose: [noise, rise("disk full")] });
  const ranked = rankPastCases(
    now,
    [
      caseOf("by noise", "timeout", { fromMs: 2, rose: [noise] }),
      caseOf("by disk", "timeout", { fromMs: 1, rose: [rise("disk full")] }),
      ...others,
    ],
    2,
  );
  assert.deepEqual(
    ranked.map((one) => one.case.id),
    ["by disk", "by noise"],
  );
});

test("one error with other surroundings is not told as wholly alike", () => {
  const now = caseOf("now", "timeout", { rose: [rise("disk full")] });
  const [found] = rankPastCases(now, [caseOf("then", "timeout")], 1);
  assert.equal(found?.error, 1);
  assert.ok(found.likeness > 0.3 && found.likeness < 0.7, `${found.likeness}`);
});

test("an equal text of another service counts half", () => {
  const now = caseOf("now", "timeout", { vector: vector(1, 0) });
  const there = caseOf("there", "timeout there", { service: "pay", vector: vector(1, 0) });
  const [found] = rankPastCases(now, [there], 1);
  assert.deepEqual([found?.error, found?.likeness], [0.5, 0.5]);
});

test("without vectors another group is not alike, and the latest case stands first", () => {
  const past = [caseOf("old", "a", { fromMs: 1 }), caseOf("young", "b", { fromMs: 2 })];
  assert.deepEqual(
    rankPastCases(caseOf("now", "timeout"), past, 5).map((one) => [one.case.id, one.likeness]),
    [
      ["young", 0],
      ["old", 0],
    ],
  );
});

test("a past case is told of by its error, whatever differs around it, and not for its surroundings alone", () => {
  const now = caseOf("now", "timeout", { vector: vector(1, 0), rose: [rise("disk full", 64)] });
  const told = (past: Case) => likePastCase(rankPastCases(now, [past], 1), 0.9)?.case.id;
  assert.equal(told(caseOf("same", "timeout", { rose: [rise("dns", 64)] })), "same");
  assert.equal(told(caseOf("alike", "timeout2", { vector: vector(1, 0.1) })), "alike");
  const other = { vector: vector(0, 1), rose: [rise("disk full", 64)] };
  assert.equal(told(caseOf("other", "login", other)), undefined);
});
