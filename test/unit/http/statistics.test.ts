import assert from "node:assert/strict";
import { test } from "node:test";
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
