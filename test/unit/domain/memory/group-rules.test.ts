import assert from "node:assert/strict";
import { test } from "node:test";
import type { Group } from "../../../../src/domain/memory/group.ts";
import {
  canonicalGroup,
  keptApart,
  mergedWith,
  mergeProblem,
  type GroupRules,
} from "../../../../src/domain/memory/group-rules.ts";

const BY = { by: "kim", at: "2026-01-01T00:00:00.000Z" };

/** Merges as "a>b", and "a!b" for groups that are kept apart. */
function rulesOf(...words: string[]): GroupRules {
  const rules = new Map<string, Pick<Group, "merged_into" | "not_like">>();
  for (const word of words) {
    const [id = "", how = "", other = ""] = word;
    const { merged_into, not_like } = rules.get(id) ?? { merged_into: null, not_like: [] };
    const rule = { id: other, ...BY };
    rules.set(
      id,
      how === ">"
        ? { merged_into: rule, not_like }
        : { merged_into, not_like: [...not_like, rule] },
    );
  }
  return rules;
}

test("a chain of merges ends at the group that all of it counts as", () => {
  const rules = rulesOf("a>b", "b>c", "d>c");
  for (const id of ["a", "b", "c", "d"]) assert.equal(canonicalGroup(id, rules), "c", id);
  assert.equal(canonicalGroup("e", rules), "e");
  assert.deepEqual(mergedWith("a", rules).toSorted(), ["a", "b", "c", "d"]);
  assert.deepEqual(mergedWith("e", rules), ["e"]);
});

test("a circle that two processes closed has one and the same group from everywhere", () => {
  const rules = rulesOf("c>b", "b>d", "d>c", "a>d");
  for (const id of ["a", "b", "c", "d"]) assert.equal(canonicalGroup(id, rules), "b", id);
});

test("what a person kept apart stays so from either side, and for what is merged with it", () => {
  const rules = rulesOf("a!b", "c>a", "d>b");
  const apart = keptApart(rules);
  const areApart = (one: string, other: string) =>
    apart.get(canonicalGroup(one, rules))?.has(canonicalGroup(other, rules)) ?? false;
  for (const [one = "", other = ""] of ["ab", "ba", "ad", "da", "cb", "bc", "cd", "dc"])
    assert.ok(areApart(one, other), one + other);
  for (const [one = "", other = ""] of ["ac", "bd", "ae", "ee"]) {
    assert.ok(!areApart(one, other), one + other);
  }
});

test("a merge that would be a circle or undo another one says what to split first", () => {
  const rules = rulesOf("a>b", "b>c");
  assert.match(mergeProblem("c", "a", rules) ?? "", /a is part of c already.*split a first/);
  assert.match(mergeProblem("b", "a", rules) ?? "", /b is merged into c already; split it first/);
  assert.match(mergeProblem("a", "d", rules) ?? "", /a is merged into b already; split it first/);
  assert.match(mergeProblem("d", "d", rules) ?? "", /cannot be merged into itself/);
  assert.equal(mergeProblem("d", "a", rules), undefined);
  assert.equal(mergeProblem("a", "b", rules), undefined, "the same again is no mistake");
});
