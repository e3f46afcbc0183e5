import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunResult } from "../../../src/backfill/runner.ts";
import { errorJson, EXIT, exitCodeOf, unavailability } from "../../../src/cli/exit-code.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { noOutcomes, type Outcomes } from "../../../src/domain/outcome.ts";
import { noEmbedding } from "../../../src/domain/summary.ts";

const TOTALS = { runs: 1, vectors: 0, errors: 0, average_rate: 0 };
const FAULT = new Fault("credentials", "openai: 401", { hint: "Check the key." });

const BUDGET = new Fault("quota", "MAX_TOKENS_PER_CYCLE is reached", { selfImposed: true });

function ran(outcomes: Partial<Outcomes>, fault?: Fault): RunResult {
  const summary = {
    cycle: 1,
    found: 0,
    backlog: 0,
    other_model: 0,
    skipped: 0,
    looping: 0,
    false_marks: 0,
    gaps: [],
    taken: 0,
    outcomes: { ...noOutcomes(), ...outcomes },
    embedding: noEmbedding(0),
    duration_ms: 1,
    indices: { fit: 1, unfit: 3 },
  };
  return { cycle: 1, totals: TOTALS, summary, ...(fault ? { fault } : {}) };
}

function leaving(records: number | null, others: number): RunResult {
  return { ...ran({ updated: 5 }), unfitRecords: { records, indices: 1, uncounted: [], others } };
}

function failed(error: unknown): RunResult {
  return { cycle: 1, totals: TOTALS, error };
}

const CODES: [string, RunResult, number][] = [
  ["nothing was found", ran({}), 0],
  ["all was written, with unfit indices beside", ran({ updated: 5, reused: 5 }), 0],
  [
    "some was conflicted, missing, empty or there",
    ran({ conflicted: 1, missing: 1, empty: 1, already_vectorized: 1 }),
    0,
  ],
  ["unfit indices hold as many records as the fit ones", leaving(5, 5), 0],
  ["unfit indices hold more records than the fit ones", leaving(6, 5), 1],
  ["nobody can count what unfit indices hold", leaving(null, 0), 0],
  ["a record was quarantined", ran({ updated: 99, quarantined: 1 }), 1],
  ["a record was deferred", ran({ updated: 99, deferred: 1 }), 1],
  ["all was deferred, by no fault of the embedder", ran({ deferred: 5 }), 1],
  ["the embedder failed half-way", ran({ updated: 5, deferred: 5 }, FAULT), 1],
  ["the embedder refused this process from the start", ran({ deferred: 10 }, FAULT), 3],
  [
    "the embedder refused this process, save for blank records",
    ran({ deferred: 9, empty: 1 }, FAULT),
    3,
  ],
  ["our own budget was used up half-way", ran({ updated: 5, deferred: 5 }, BUDGET), 1],
  ["our own budget left nothing for this run", ran({ deferred: 5 }, BUDGET), 1],
  ["the store could not be asked", failed(new Fault("outage", "down")), 3],
];

for (const [what, result, code] of CODES) {
  test(`exit ${code} where ${what}`, () => assert.equal(exitCodeOf(result), code));
}

test("a bug is thrown on, not taken for an outage", () => {
  const bug = new TypeError("x is not a function");
  assert.throws(() => exitCodeOf(failed(bug)), bug);
});

test("unavailability() returns the fault that kept a run from doing anything", () => {
  assert.equal(unavailability(ran({ deferred: 1 }, FAULT)), FAULT);
  assert.equal(unavailability(ran({ updated: 1 }, FAULT)), undefined);
  assert.equal(unavailability(ran({ deferred: 1 })), undefined);
  assert.equal(unavailability(failed(FAULT)), FAULT);
});

test("an error as JSON has kind, message and hint, and no more", () => {
  assert.deepEqual(errorJson(FAULT), {
    error: { kind: "credentials", message: "openai: 401", hint: "Check the key." },
  });
  assert.deepEqual(errorJson({ kind: "usage", message: "x" }).error.hint, null);
});

test("the exit codes are those that scripts rely on", () => {
  assert.deepEqual(EXIT, {
    ok: 0,
    incomplete: 1,
    usage: 2,
    unavailable: 3,
    interrupted: 130,
    terminated: 143,
  });
});
