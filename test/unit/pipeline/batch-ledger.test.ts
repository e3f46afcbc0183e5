import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { noOutcomes } from "../../../src/domain/outcome.ts";
import { BatchLedger } from "../../../src/pipeline/batch-ledger.ts";

const REFUSED = new Fault("record", "cannot be read");

function taken(...keys: string[]): BatchLedger {
  const ledger = new BatchLedger();
  for (const key of keys) assert.ok(ledger.take(key));
  return ledger;
}

test("the outcomes add up to the records taken, each with its fault", () => {
  const ledger = taken("a", "b", "c");
  ledger.settle("b", "quarantined", REFUSED);
  ledger.settle("a", "updated");
  ledger.settle("c", "updated");
  const { outcomes, outcomeOf, faultOf } = ledger.close();
  assert.deepEqual(outcomes, { ...noOutcomes(), updated: 2, quarantined: 1 });
  assert.equal(outcomeOf.get("a"), "updated");
  assert.deepEqual([...faultOf], [["b", REFUSED]]);
});

test("a record that is named twice is taken once, also after its end", () => {
  const ledger = taken("a");
  assert.equal(ledger.take("a"), false);
  ledger.settle("a", "empty");
  assert.equal(ledger.take("a"), false);
  assert.equal(ledger.close().outcomeOf.size, 1);
});

test("a second outcome of one record is a mistake, and changes nothing", () => {
  const ledger = taken("a");
  ledger.settle("a", "updated");
  assert.throws(
    () => ledger.settle("a", "deferred"),
    /a cannot end as deferred: it ended as updated/,
  );
  assert.equal(ledger.close().outcomeOf.get("a"), "updated");
});

test("an outcome of a record that was not taken is a mistake", () => {
  const ledger = taken("a");
  assert.throws(() => ledger.settle("b", "updated"), /b cannot end as updated: it was not taken/);
});

test("a batch cannot be closed while a record has no outcome", () => {
  const ledger = taken("a", "b");
  ledger.settle("a", "updated");
  assert.throws(() => ledger.close(), /no outcome for b/);
});
