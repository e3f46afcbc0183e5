import assert from "node:assert/strict";
import { test } from "node:test";
import { createUnfitWatch } from "../../../../src/pipeline/collections/prepare-indices.ts";
import type { FitIndex } from "../../../../src/domain/survey.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const CLOSED = { index: "a", reason: "closed" };
const REFUSED = { index: "a", reason: "took no mapping" };

function fit(mapped = true): FitIndex {
  return { index: "a", mapped, search: "graph" };
}

function setUp() {
  const { events, told } = recordEvents();
  return { watch: createUnfitWatch(events), told };
}

test("an unfit index is told of once, and again when its reason changes", () => {
  const { watch, told } = setUp();
  for (let i = 0; i < 3; i++) watch.surveyed({ fit: [], unfit: [CLOSED] });
  assert.deepEqual(told.indexUnfit, [CLOSED]);
  const blocked = { index: "a", reason: "blocked", fix: "PUT /a/_settings" };
  watch.surveyed({ fit: [], unfit: [blocked] });
  assert.deepEqual(told.indexUnfit, [CLOSED, blocked]);
  assert.deepEqual(told.indexFitAgain, []);
});

test("an index that recovers is told of once, and its next trouble too", () => {
  const { watch, told } = setUp();
  watch.surveyed({ fit: [], unfit: [CLOSED] });
  for (let i = 0; i < 2; i++) watch.surveyed({ fit: [fit()], unfit: [] });
  assert.deepEqual(told.indexFitAgain, [{ index: "a" }]);
  watch.surveyed({ fit: [], unfit: [CLOSED] });
  assert.equal(told.indexUnfit.length, 2);
});

test("an index that is gone has not recovered", () => {
  const { watch, told } = setUp();
  watch.surveyed({ fit: [], unfit: [CLOSED] });
  watch.surveyed({ fit: [], unfit: [] });
  assert.deepEqual(told.indexFitAgain, []);
});

test("a fit index is not told of", () => {
  const { watch, told } = setUp();
  watch.surveyed({ fit: [fit()], unfit: [] });
  assert.deepEqual([told.indexUnfit, told.indexFitAgain], [[], []]);
});

test("an index that refuses its mapping is told of once, though every survey finds it fit", () => {
  const { watch, told } = setUp();
  for (let i = 0; i < 3; i++) {
    watch.surveyed({ fit: [fit(false)], unfit: [] });
    watch.refused([REFUSED]);
  }
  assert.deepEqual(told.indexUnfit, [REFUSED]);
  assert.deepEqual(told.indexFitAgain, []);
  watch.surveyed({ fit: [fit(true)], unfit: [] });
  assert.deepEqual(told.indexFitAgain, [{ index: "a" }]);
});
