import assert from "node:assert/strict";
import { test } from "node:test";
import { compareGroups } from "../../../../scripts/bench/groups.ts";

test("lines count where their group holds exactly the lines of their template", () => {
  // c is split in two, and d is joined with e.
  const own = ["A", "A", "B", "C", "C2", "D", "D"];
  const truth = ["a", "a", "b", "c", "c", "d", "e"];
  assert.deepEqual(compareGroups(own, truth), {
    lines: 7,
    groups: 5,
    templates: 5,
    grouping_accuracy: 0.429,
    f1: 0.4,
  });
});

test("equal groups are right whatever their names are", () => {
  const { grouping_accuracy: accuracy, f1 } = compareGroups(["x", "y", "x"], ["1", "2", "1"]);
  assert.deepEqual({ accuracy, f1 }, { accuracy: 1, f1: 1 });
});
