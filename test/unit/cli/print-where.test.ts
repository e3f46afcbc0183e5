import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlacesAnswer, WhereAnswer } from "../../../src/analysis/group-answers.ts";
import { printWhere } from "../../../src/cli/print-where.ts";

const NONE: PlacesAnswer = {
  names: [],
  others: { count: 0, usual_count: 0 },
  unnamed: { count: 5, usual_count: 8 },
};
const WHERE: WhereAnswer = {
  from: "2026-01-10T12:00:00.000Z",
  to: "2026-01-10T12:04:59.999Z",
  usual_from: "2025-12-11T12:00:00.000Z",
  count: 5,
  usual_count: 8,
  hosts: NONE,
  versions: NONE,
};

function print(where: WhereAnswer | null): string[] {
  let text = "";
  const write = (some: string) => {
    text += some;
    return true;
  };
  printWhere({ write, columns: 80, isTTY: false }, { where });
  return text.split("\n");
}

test("hosts and versions stand side by side with how it usually is, and what is new is marked", () => {
  const name = { name: "db-3", count: 3, share: 0.6, usual_count: 0, usual_share: 0, new: true };
  const rare = { ...name, name: "db-\u001b[31m4", count: 1, usual_count: null, new: false };
  const hosts = { ...NONE, names: [name, rare], unnamed: { count: 1, usual_count: 2 } };
  assert.deepEqual(print({ ...WHERE, hosts }), [
    "",
    "now: 2026-01-10 12:00 to 2026-01-10 12:04 UTC; usually: the 30 days before",
    "host             now   share  usually   share",
    "db-3               3  60.0 %        0   0.0 %  new",
    "db-\\u001b[31m4     1  20.0 %        ?       ?",
    "(no host named)    1  20.0 %        2  25.0 %",
    "Not known: its records name no version (VERSION_FIELD)",
    "",
  ]);
});

test("of records without a time nothing is said", () => {
  assert.deepEqual(print(null), [""]);
});
