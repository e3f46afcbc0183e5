import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import { noteShape } from "../../../src/domain/memory/note.ts";
import { notesAnswerShape } from "../../../src/analysis/list-notes.ts";
import { sighting } from "../../contract/error-memory-contract.ts";
import { bearer, problemOf, setUpHttp, TOKEN } from "./http-setup.ts";

const GROUP = "a".repeat(16);
const BODY = { group: GROUP, cause: "a full \u001b[31mdisk", author: "kim" };

async function setUp(t: TestContext, settings: { token?: string } = { token: TOKEN }) {
  const { app, memory } = await setUpHttp(t, { settings });
  await memory.groups.change(
    [GROUP],
    (id) => ({ group: sightedGroup(undefined, sighting(id)) }),
    { visible: "now" },
    t.signal,
  );
  const post = (url: string, payload: object, headers: Record<string, string> = bearer()) =>
    app.inject({ method: "POST", url, payload, headers });
  const list = (query = "") =>
    app.inject({ method: "GET", url: `/api/v1/notes${query}`, headers: bearer() });
  return { app, memory, post, list };
}

test("a note is written, judged and listed by HTTP, and steers no terminal", async (t) => {
  const { post, list } = await setUp(t);
  const written = await post("/api/v1/notes", BODY);
  assert.equal(written.statusCode, 201, written.body);
  assert.ok(!written.body.includes("\u001b"));
  const { id } = noteShape.parse(written.json());
  const judged = await post(`/api/v1/notes/${id}/verdicts`, { verdict: "outdated", by: "lee" });
  assert.equal(judged.statusCode, 201, judged.body);
  const { notes, next } = notesAnswerShape.parse((await list(`?group=${GROUP}&limit=5`)).json());
  assert.deepEqual(
    notes.map((one) => [one.id, one.author, one.verdicts.map(({ verdict }) => verdict)]),
    [[id, "kim", ["outdated"]]],
  );
  assert.equal(next, null);
});

test("another site's page writes no note", async (t) => {
  const { memory, post } = await setUp(t, {});
  const host = "localhost:9464";
  const foreign = { host, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await post("/api/v1/notes", BODY, foreign)).statusCode, 403);
  assert.equal((await post("/api/v1/notes/n1/verdicts", {}, foreign)).statusCode, 403);
  assert.equal(memory.kept.notes.size, 0);
  const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
  assert.equal((await post("/api/v1/notes", BODY, own)).statusCode, 201);
});

test("what cannot be kept is refused with its reason", async (t) => {
  const { memory, post, list } = await setUp(t);
  const cases: [body: object, status: number, detail: RegExp][] = [
    [{ ...BODY, group: "b".repeat(16) }, 404, /no group/],
    [{ ...BODY, cause: "x".repeat(3000) }, 400, /3000 characters long/],
    [{ ...BODY, link: "ftp://example.com" }, 400, /http/],
    [{ group: GROUP, cause: "no author" }, 400, /author/],
  ];
  for (const [body, status, detail] of cases) {
    const answer = await post("/api/v1/notes", body);
    assert.equal(answer.statusCode, status, answer.body);
    assert.match(String(problemOf(answer)["detail"]), detail);
  }
  const unknown = await post("/api/v1/notes/n9/verdicts", { verdict: "wrong", by: "lee" });
  assert.equal(unknown.statusCode, 404);
  assert.equal((await list("?from=nonsense")).statusCode, 400);
  assert.equal(memory.kept.notes.size, 0);
});

test("without its index a note is refused with what makes it", async (t) => {
  const { memory, list } = await setUp(t);
  memory.notes.page = async () => {
    const hint = "log-vectorizer init --memory makes it.";
    throw new MemoryFault("absent", { index: "notes", message: "notes is not there", hint });
  };
  const answer = await list();
  assert.equal(answer.statusCode, 503);
  assert.match(z.string().parse(problemOf(answer)["hint"]), /init --memory/);
});
