import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { StatisticsQuery } from "../../../src/analysis/statistics/compare-statistics.ts";
import { statisticsAnswerShape } from "../../../src/analysis/statistics/statistics-answer.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

const PATH = "/api/v1/statistics/compare";

test("every parameter arrives as the command has it, and each can be left out", async (t) => {
  const asked: StatisticsQuery[] = [];
  const { httpParts } = await setUpHttp(t);
  const { app } = await setUpHttp(t, {
    parts: {
      compareStatistics: async (query, signal) => {
        asked.push(query);
        return httpParts.compareStatistics(
          { timeHours: 1, sampleSize: 1, stratified: false, language: "en" },
          signal,
        );
      },
    },
  });
  const given =
    "index=app-*&time_hours=6&sample_size=500&stratified=true&project_uuid=P&language=ko";
  for (const query of [`?${given}`, ""]) {
    const answer = await app.inject(`${PATH}${query}`);
    assert.equal(answer.statusCode, 200, answer.body);
    statisticsAnswerShape.parse(answer.json());
  }
  assert.deepEqual(asked, [
    {
      index: "app-*",
      timeHours: 6,
      sampleSize: 500,
      stratified: true,
      project: "P",
      language: "ko",
    },
    { timeHours: 24, sampleSize: 100, stratified: false, language: "en" },
  ]);
});

test("what cannot be meant, and a project that no setting tells, is refused with its reason", async (t) => {
  const { app } = await setUpHttp(t);
  const cases: [query: string, detail: RegExp][] = [
    ["time_hours=0", /time_hours/],
    ["time_hours=1.5", /time_hours/],
    ["sample_size=10001", /sample_size/],
    ["stratified=perhaps", /stratified/],
    ["language=fr", /language/],
    ["hours=3", /hours/],
    ["project_uuid=p", /PROJECT_FIELD/],
  ];
  for (const [query, detail] of cases) {
    const answer = await app.inject(`${PATH}?${query}`);
    assert.equal(answer.statusCode, 400, answer.body);
    assert.match(String(problemOf(answer)["detail"]), detail);
  }
});

test("two who ask at once are answered one after the other", async (t) => {
  const { httpParts } = await setUpHttp(t);
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { app } = await setUpHttp(t, {
    parts: {
      compareStatistics: async (query, signal) => {
        steps.push(`begin ${query.timeHours}`);
        begun.resolve();
        if (query.timeHours === 1) await first.promise;
        steps.push(`end ${query.timeHours}`);
        return httpParts.compareStatistics(query, signal);
      },
    },
  });
  const one = app.inject(`${PATH}?time_hours=1`);
  await begun.promise;
  const two = app.inject(`${PATH}?time_hours=2`);
  // Turns enough for it to begin, if it could.
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  first.resolve();
  const answers = await Promise.all([one, two]);
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200],
  );
  assert.deepEqual(steps, ["begin 1", "end 1", "begin 2", "end 2"]);
});
