import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { errorLog, errorLogs } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

const LONG = `Out of memory: ${"java.lang.OutOfMemoryError at com.example.Cache ".repeat(400)}`;
const logs = { logs: [...errorLogs(29), errorLog(LONG, 15)] };
const isLong = (text: string) => text.length > 10_000;

test("a text that the server finds too long costs the others of its batch nothing", async (t) => {
  const story = await openBackfillStory(t, { logs, poison: isLong });

  const { summary, code, stderr } = await story.once();

  assert.deepEqual(outcomesOf(summary), { updated: 29, quarantined: 1 }, stderr);
  assert.equal(code, 1);
  // Thirty texts in halves are five levels deep, two requests each.
  assert.ok(story.stub.requests.length <= 11, `${story.stub.requests.length} requests`);
  assert.equal(story.audit.paidOnce(), 29);
  const counts = { vectors: 29, refused: 1, empty: 0, bare: 0 };
  assert.deepEqual(await story.audit.check(), counts);
});

test("a text above EMBEDDING_MAX_TOKENS_PER_TEXT is cut, embedded and stamped as cut", async (t) => {
  const story = await openBackfillStory(t, { logs, env: { EMBEDDING_MAX_TOKENS_PER_TEXT: "200" } });

  const { summary, stderr } = await story.once();

  assert.deepEqual(outcomesOf(summary), { updated: 30 }, stderr);
  assert.equal(story.stub.requests.length, 1);
  assert.ok(!story.audit.paid().some(isLong), "it was sent whole");
  const counts = { vectors: 30, refused: 0, empty: 0, bare: 0 };
  assert.deepEqual(await story.audit.check(), counts);
  const documents = [...(await story.logs.documents(story.index())).values()];
  const cut = documents.filter(
    ({ source }) => Object(source["log_vector_meta"]).truncated === true,
  );
  assert.deepEqual(
    cut.map(({ source }) => source["message"]),
    [LONG],
  );
});

test("a server that takes fewer texts a request than we send: halves go through, nobody is blamed", async (t) => {
  const story = await openBackfillStory(t);
  story.stub.setFault({ kind: "too_large" }, { texts: (texts) => texts.length > 6 });

  const { summary, code, stderr } = await story.once();

  assert.deepEqual([outcomesOf(summary), code], [{ updated: 20 }, 0], stderr);
  assert.equal(story.audit.paidOnce(), 20);
  assert.equal((await story.audit.check()).vectors, 20);
});
