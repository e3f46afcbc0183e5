import assert from "node:assert/strict";
import { test } from "node:test";
import { createCachedSurvey } from "../../../src/search/cached-survey.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { Survey } from "../../../src/domain/survey.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const SURVEY: Survey = { fit: [], unfit: [{ index: "app_a", reason: "closed" }] };
const { signal } = new AbortController();

function setUp() {
  const clock = createManualClock();
  const ends: PromiseWithResolvers<Survey>[] = [];
  const store = {
    survey() {
      const end = Promise.withResolvers<Survey>();
      ends.push(end);
      return end.promise;
    },
  };
  return { clock, ends, readSurvey: createCachedSurvey({ store, clock }) };
}

test("four searches at the same time take one survey, and those of the next seconds none", async () => {
  const { clock, ends, readSurvey } = setUp();
  const asked = Array.from({ length: 4 }, () => readSurvey(signal));
  assert.equal(ends.length, 1);
  ends[0]?.resolve(SURVEY);
  assert.deepEqual(await Promise.all(asked), [SURVEY, SURVEY, SURVEY, SURVEY]);
  clock.jump(4999);
  assert.equal(await readSurvey(signal), SURVEY);
  clock.jump(1);
  const later = [readSurvey(signal), readSurvey(signal)];
  assert.equal(ends.length, 2);
  ends[1]?.resolve(SURVEY);
  await Promise.all(later);
});

test("a survey that failed is asked for again at once", async () => {
  const { ends, readSurvey } = setUp();
  const failed = [readSurvey(signal), readSurvey(signal)];
  ends[0]?.reject(new Fault("outage", "no"));
  for (const one of failed) await assert.rejects(one, { kind: "outage" });
  const next = readSurvey(signal);
  ends[1]?.resolve(SURVEY);
  assert.equal(await next, SURVEY);
});
