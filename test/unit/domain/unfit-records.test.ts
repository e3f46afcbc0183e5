import assert from "node:assert/strict";
import { test } from "node:test";
import { unfitRecordsLine } from "../../../src/domain/unfit-records.ts";

const NONE = { records: 0, indices: 0, uncounted: [], others: 9 };

test("skipped records are reported with their number and what it exceeds", () => {
  assert.equal(unfitRecordsLine(NONE), undefined);
  assert.equal(
    unfitRecordsLine({ ...NONE, records: 1, indices: 1 }),
    "1 record in 1 index that cannot take vectors is skipped",
  );
  assert.equal(
    unfitRecordsLine({ ...NONE, records: 10, indices: 2 }),
    "10 records in 2 indices that cannot take vectors are skipped, more than all other indices hold (9)",
  );
});

test("records that cannot be counted are reported as such, not as none", () => {
  assert.equal(
    unfitRecordsLine({ ...NONE, records: null, uncounted: ["a", "b", "c", "d"] }),
    "how many there are in a, b, c and 1 more cannot be counted",
  );
});
