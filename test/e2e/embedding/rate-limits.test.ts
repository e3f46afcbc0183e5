import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

const RECORDS = 20;

for (const [form, retryAfter, waitMs] of [
  ["seconds", { seconds: 1 }, 1000],
  ["milliseconds", { ms: 700 }, 700],
] as const) {
  test(
    `429 that asks to wait, in ${form}: it is waited for, and everything goes through`,
    { timeout: 300_000 },
    async (t) => {
      const story = await openBackfillStory(t);
      story.stub.setFault({ kind: "rate_limit", retryAfter }, { next: 1 });

      const { summary, code, stderr } = await story.once();

      assert.deepEqual([outcomesOf(summary), code], [{ updated: RECORDS }, 0], stderr);
      const [first, second, ...more] = story.stub.requests;
      assert.deepEqual(more, []);
      const waited = (second?.arrivedAt ?? 0) - (first?.arrivedAt ?? 0);
      // Timers may be a millisecond early.
      assert.ok(waited >= waitMs - 2, `asked again after ${waited} ms`);
      assert.equal(story.audit.paidOnce(), RECORDS);
      assert.equal((await story.audit.check()).vectors, RECORDS);
    },
  );
}

test("429 that names a date: it is not asked again before", { timeout: 300_000 }, async (t) => {
  const story = await openBackfillStory(t);
  const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3000);
  story.stub.setFault({ kind: "rate_limit", retryAfter: { date } }, { next: 1 });

  const { summary, stderr } = await story.once();

  assert.deepEqual(outcomesOf(summary), { updated: RECORDS }, stderr);
  assert.equal(story.stub.requests.length, 2);
  const early = date.getTime() - (story.stub.requests[1]?.arrivedAt ?? 0);
  assert.ok(early <= 2, `asked again ${early} ms too early`);
  assert.equal((await story.audit.check()).vectors, RECORDS);
});

test(
  "insufficient_quota: one request a cycle, exit 3, seen in status, and it goes on once there is money",
  { timeout: 300_000 },
  async (t) => {
    const env = { EMBEDDING_MAX_TEXTS_PER_REQUEST: "5" };
    const story = await openBackfillStory(t, { env });
    story.stub.setFault({ kind: "insufficient_quota" });

    for (const cycle of [1, 2]) {
      const { error, stderr } = await story.fails();
      assert.equal(error.kind, "quota", stderr);
      assert.match(error.hint ?? "", /credit|budget/);
      assert.equal(story.stub.requests.length, cycle, "more than one request in a cycle");
    }
    const shown = await story.run(["status"]);
    assert.match(shown.stdout, /quota/i, shown.stdout + shown.stderr);
    assert.match((await story.run(["status", "--json"])).stdout, /"quota"/);
    assert.equal((await story.audit.check()).bare, RECORDS);

    story.stub.setFault(null);
    const { summary, code } = await story.once();
    assert.deepEqual([outcomesOf(summary), code], [{ updated: RECORDS }, 0]);
    assert.doesNotMatch((await story.run(["status"])).stdout, /quota(?!rantined|s)/i);
    assert.equal((await story.audit.check()).vectors, RECORDS);
    assert.equal(story.audit.paidOnce(), RECORDS);
  },
);
