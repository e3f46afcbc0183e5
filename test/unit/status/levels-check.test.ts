import assert from "node:assert/strict";
import { test } from "node:test";
import { levelsCheck } from "../../../src/status/record-checks.ts";

const WHOLE = { truncated: false, gaps: [], uncounted: [] };
const of = (...values: [value: string, records: number][]) =>
  values.map(([value, records]) => ({ field: "level", value, records }));

test("other levels alone are nothing to tell", () => {
  const values = of(["INFO", 9], ["FATAL", 2], ["oops", 1]);
  assert.equal(levelsCheck(["ERROR"], { ...WHOLE, values }), undefined);
});

test("a count of a part is told as one, also where nothing alike was seen in it", () => {
  const parts = {
    truncated: true,
    gaps: [{ index: "b", reason: "2 of 5 shards failed" }],
    uncounted: ["a"],
  };
  assert.deepEqual(levelsCheck(["ERROR"], { ...parts, values: of(["INFO", 9]) }), {
    result: "warning",
    detail:
      "levels were counted in part: there are more values than were counted, not all was seen: b: 2 of 5 shards failed",
  });
  const alike = levelsCheck(["ERROR"], { ...parts, values: of(["E", 1]) });
  assert.match(
    alike?.detail ?? "",
    /\(level E: 1, there are more values than were counted, not all was seen: b: 2 of 5 shards failed, not counted in 1 index\)$/,
  );
});

test("many alike are cut in the line and whole in the setting", () => {
  const values = of(
    ...Array.from({ length: 10 }, (_, i): [string, number] => [`${"[".repeat(i + 1)}ERROR`, 1]),
  );
  const said = levelsCheck(["ERROR", "WARN"], { ...WHOLE, values });
  assert.match(said?.detail ?? "", /2 more values\)$/);
  assert.ok(said?.hint?.includes("ERROR,WARN,[ERROR") && said.hint.includes("[".repeat(10)));
});
