import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { groupAnswerShape, groupsAnswerShape } from "../../../src/analysis/group-answers.ts";
import { groupShape, sightedGroup } from "../../../src/domain/memory/group.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import { sighting } from "../../contract/error-memory-contract.ts";
import { exactly } from "../../support/asserts/printed-json.ts";
import { bearer, problemOf, setUpHttp, TOKEN } from "./http-setup.ts";

const [A, B] = ["a".repeat(16), "b".repeat(16)] as const;

async function setUp(t: TestContext, settings: { token?: string } = { token: TOKEN }) {
  const { app, memory } = await setUpHttp(t, { settings });
  await memory.groups.change(
    [A, B],
    (id) => ({ group: sightedGroup(undefined, sighting(id)) }),
    { visible: "now" },
    t.signal,
  );
  const post = (path: string, payload?: object, headers: Record<string, string> = bearer()) =>
    app.inject({
      method: "POST",
      url: `/api/v1/groups/${path}`,
      headers,
      ...(payload ? { payload } : {}),
    });
  const get = (path: string) =>
    app.inject({ method: "GET", url: `/api/v1/groups${path}`, headers: bearer() });
  return { memory, post, get };
}

test("an error is shown, muted, merged and split by HTTP", async (t) => {
  const { memory, post, get } = await setUp(t);
  const muted = await post(`${A}/state`, { state: "muted", until: "3d", by: "kim" });
  assert.equal(muted.statusCode, 200, muted.body);
  const { state, state_by, muted_until } = exactly(muted.json(), groupShape);
  assert.deepEqual([state, state_by], ["muted", "kim"]);
  assert.ok(muted_until !== null && Date.parse(muted_until) > Date.parse("2026-01-01"));
  const shown = exactly((await get(`/${A.toUpperCase()}`)).json(), groupAnswerShape);
  assert.deepEqual([shown.group, shown.state, shown.notes], [A, "muted", []]);

  const merged = await post(`${A}/merge`, { into: B });
  assert.equal(merged.statusCode, 200, merged.body);
  assert.equal(memory.kept.groups.get(A)?.merged_into?.id, B);
  assert.deepEqual(groupAnswerShape.parse((await get(`/${A}`)).json()).merged, [A]);
  assert.equal((await post(`${A}/split`)).statusCode, 200);
  assert.equal(memory.kept.groups.get(A)?.merged_into, null);
  assert.equal((await post(`${A}/split`, { from: B, by: "kim" })).statusCode, 200);
  assert.deepEqual(
    memory.kept.groups.get(A)?.not_like.map(({ id, by }) => [id, by]),
    [[B, "kim"]],
  );
  const list = await get("?state=muted&order=count&since=3d&limit=5");
  assert.equal(exactly(list.json(), groupsAnswerShape).total, 0);
});

test("another site's page decides nothing", async (t) => {
  const { memory, post } = await setUp(t, {});
  const host = "localhost:9464";
  const foreign = { host, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  for (const [path, body] of [
    [`${A}/state`, { state: "muted" }],
    [`${A}/merge`, { into: B }],
    [`${A}/split`, {}],
  ] as const) {
    assert.equal((await post(path, body, foreign)).statusCode, 403, path);
  }
  assert.deepEqual(
    [...memory.kept.groups.values()].map(({ state, merged_into: into }) => [state, into]),
    [
      ["open", null],
      ["open", null],
    ],
  );
});

test("what cannot be decided is refused with its reason", async (t) => {
  const { memory, post, get } = await setUp(t);
  const cases: [path: string, body: object, status: number, detail: RegExp][] = [
    [`${"c".repeat(16)}/state`, { state: "known" }, 404, /no group/],
    ["nonsense/state", { state: "known" }, 400, /16 hex digits/],
    [`${A}/state`, { state: "back" }, 400, /state/],
    [`${A}/state`, { state: "known", until: "2h" }, 400, /muted/],
    [`${A}/state`, { state: "muted", until: "soon" }, 400, /until/],
    [`${A}/merge`, { into: A }, 400, /into itself/],
    [`${A}/split`, {}, 400, /not merged/],
    [`${A}/split`, { from: A }, 400, /apart from itself/],
    [`${A}/split`, { from: "nonsense" }, 400, /from/],
  ];
  for (const [path, body, status, detail] of cases) {
    const answer = await post(path, body);
    assert.equal(answer.statusCode, status, answer.body);
    assert.match(String(problemOf(answer)["detail"]), detail);
  }
  assert.equal((await get(`/${"c".repeat(16)}`)).statusCode, 404);
  assert.equal((await get("?since=2026-02-01&until=2026-01-01")).statusCode, 400);
  memory.groups.read = async () => {
    const hint = "log-vectorizer init --memory makes it.";
    throw new MemoryFault("absent", { index: "groups", message: "groups is not there", hint });
  };
  const absent = await post(`${A}/state`, { state: "known" });
  assert.equal(absent.statusCode, 503);
  assert.match(z.string().parse(problemOf(absent)["hint"]), /init --memory/);
});
