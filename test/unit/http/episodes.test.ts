import assert from "node:assert/strict";
import { test } from "node:test";
import type { EpisodesQuery } from "../../../src/analysis/list-episodes.ts";
import type { HttpParts } from "../../../src/http/parts.ts";
import { problemOf, setUpHttp } from "./http-setup.ts";

test("group, age and limit arrive as the command has them", async (t) => {
  const asked: EpisodesQuery[] = [];
  const { httpParts } = await setUpHttp(t);
  const groups: HttpParts["groups"] = {
    ...httpParts.groups,
    episodes: async (query) => {
      asked.push(query);
      return { episodes: [], left_out: [], gaps: [] };
    },
  };
  const { app, clock } = await setUpHttp(t, { parts: { groups } });
  await app.inject("/api/v1/episodes?group=00112233AABBCCDD&since=2h&limit=3");
  await app.inject("/api/v1/episodes");
  assert.deepEqual(asked, [
    { group: "00112233aabbccdd", since: clock.now() - 7_200_000, limit: 3 },
    { limit: 20 },
  ]);
});

test("what cannot be meant is refused with its reason", async (t) => {
  const { app } = await setUpHttp(t);
  const cases: [query: string, status: number, detail: RegExp][] = [
    ["group=nope", 400, /group.*16 hex digits/],
    ["since=yesterday", 400, /since.*ISO 8601/],
    ["limit=0", 400, /limit/],
    ["limit=101", 400, /limit/],
    ["until=2h", 400, /until/],
    ["group=0011223344556677", 404, /No record .*0011223344556677/],
  ];
  for (const [query, status, detail] of cases) {
    const answer = await app.inject(`/api/v1/episodes?${query}`);
    assert.equal(answer.statusCode, status, answer.body);
    assert.match(String(problemOf(answer)["detail"]), detail);
  }
});
