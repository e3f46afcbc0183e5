import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

const RECORDS = 20;
/** Longer than a busy machine keeps anybody waiting: the next answer is to come in time. */
const TIMEOUT_SECONDS = "8";

test(
  "an embedder that sends a byte a second is given up on in time, and the records come again",
  { timeout: 300_000 },
  async (t) => {
    const story = await openBackfillStory(t, {
      env: { EMBEDDING_TIMEOUT_SECONDS: TIMEOUT_SECONDS },
    });
    story.stub.setFault({ kind: "hangs" }, { next: 1 });

    const { summary, code, stderr } = await story.once();

    assert.match(stderr, /no answer within 8 s/);
    assert.deepEqual([outcomesOf(summary), code], [{ updated: RECORDS }, 0], stderr);
    assert.equal(story.audit.paidOnce(), RECORDS);
    assert.equal((await story.audit.check()).vectors, RECORDS);
  },
);

for (const provider of ["openai", "ai-service"] as const) {
  test(
    `${provider} closes the connection in the middle of its answer: no half vector is stored, and it is made up for`,
    { timeout: 300_000 },
    async (t) => {
      const story = await openBackfillStory(t);
      const env =
        provider === "openai" ? {} : { OPENAI_BASE_URL: undefined, AI_SERVICE_URL: story.stub.url };
      story.stub.setFault({ kind: "closes" }, { next: 1 });

      const { summary, code, stderr } = await story.once(env);

      assert.deepEqual([outcomesOf(summary), code], [{ updated: RECORDS }, 0], stderr);
      assert.equal(story.stub.requests.length, 2);
      assert.equal((await story.audit.check()).vectors, RECORDS);
    },
  );
}

test(
  "a web page with status 200: told in one line with the address, and the next cycle goes on by itself",
  { timeout: 300_000 },
  async (t) => {
    const story = await openBackfillStory(t);
    story.stub.setFault({ kind: "html" });
    const daemon = await story.daemon();
    await daemon.says(/Cycle #1 summary/);
    assert.match(daemon.printed(), /OPENAI_BASE_URL/);
    assert.doesNotMatch(daemon.printed(), /<html|nginx<|\.ts:\d+:\d+/);
    assert.equal((await story.audit.check()).bare, RECORDS);

    story.stub.setFault(null);
    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    assert.equal(story.audit.paidOnce(), RECORDS);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);
