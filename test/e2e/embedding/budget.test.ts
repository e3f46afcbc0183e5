import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory, type BackfillStory } from "../../support/commands/backfill-story.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";

const RECORDS = 60;
/** A dollar a token: sums are easy to follow. */
const PRICE = { EMBEDDING_PRICE_PER_MILLION_TOKENS: "1000000" };

test("two drains at once on one state directory never spend more than the day's budget, and then nothing more is spent", async (t) => {
  const limit = 200;
  const story = await openBackfillStory(t, {
    logs: { logs: errorLogs(RECORDS) },
    delayMs: 20,
    env: {
      ...PRICE,
      MAX_COST_USD_PER_DAY: String(limit),
      EMBEDDING_MAX_TEXTS_PER_REQUEST: "3",
      BACKFILL_BATCH_SIZE: "15",
    },
  });

  const both = await Promise.all([
    story.run(["--drain", "--json"]),
    story.run(["--drain", "--json"]),
  ]);
  const spent = both.map((ended) => printedSummary(ended).embedding.cost_usd ?? 0);
  assert.deepEqual(
    both.map(({ code }) => code),
    [1, 1],
    both.map(({ code, stderr }) => `${code}: ${stderr}`).join("\n"),
  );
  const byBoth = tokensBilled(story);
  assert.equal(
    spent.reduce((a, b) => a + b, 0),
    byBoth,
  );
  assert.ok(byBoth <= limit, `$${byBoth} of $${limit}`);
  // A drain ends while requests in flight hold more than they are billed for: the next runs spend what came back.
  let ended = await story.once();
  for (let again = 0; again < 9 && (ended.summary.embedding.cost_usd ?? 0) > 0; again++)
    ended = await story.once();
  const { summary, code, stderr } = ended;
  assert.deepEqual([code, summary.embedding.cost_usd], [1, 0], stderr);
  assert.match(
    stderr,
    /MAX_COST_USD_PER_DAY is reached: \$\d+ of \$200 .* Embedding resumes at \d{4}-/,
  );
  const billed = tokensBilled(story);
  assert.ok(billed <= limit, `$${billed} of $${limit}`);
  // What is left is less than any one text may cost.
  assert.ok(billed > limit - 12, `only $${billed} of $${limit}`);
  const shown: unknown = JSON.parse((await story.run(["status", "--json"])).stdout);
  assert.partialDeepStrictEqual(shown, {
    breaker: null,
    spent_today: { tokens: billed, cost_usd: billed, limit_usd: limit },
  });
  const { stdout } = await story.run(["status"]);
  assert.match(
    stdout,
    new RegExp(`Spent on .* ${billed} tokens, \\$${billed}\\.00 of \\$200\\.00`),
  );
  await story.audit.check();
});

test("a cycle's budget: equal texts are written all the same, the rest comes in later cycles", async (t) => {
  const logs = [...errorLogs(RECORDS), ...errorLogs(RECORDS)];
  const story = await openBackfillStory(t, {
    logs: { logs },
    env: {
      MAX_TOKENS_PER_CYCLE: "200",
      EMBEDDING_MAX_TOKENS_PER_TEXT: "100",
      BACKFILL_BATCH_SIZE: "200",
    },
  });
  let cycles = 0;
  for (let code: number | null = 1; code === 1; cycles++) {
    const before = tokensBilled(story);
    const ended = await story.once();
    ({ code } = ended);
    assert.ok(tokensBilled(story) - before <= 200);
    const { updated = 0, reused = 0, deferred = 0 } = outcomesOf(ended.summary);
    assert.equal(updated, reused);
    assert.equal(code, deferred > 0 ? 1 : 0, ended.stderr);
    if (deferred > 0) assert.match(ended.stderr, /MAX_TOKENS_PER_CYCLE is reached/);
    assert.ok(cycles < 5);
  }
  assert.equal(cycles, 3);
  assert.equal((await story.audit.check()).vectors, 2 * RECORDS);
  assert.equal(story.audit.paidOnce(), RECORDS);
});

test("a limit in money without a price is refused, and told what gives the price", async (t) => {
  const story = await openBackfillStory(t, { env: { MAX_COST_USD_PER_DAY: "1" } });
  const { code, stderr } = await story.run(["--once"]);
  assert.equal(code, 2);
  assert.match(stderr, /MAX_COST_USD_PER_DAY: .* EMBEDDING_PRICE_PER_MILLION_TOKENS/);
  assert.equal(story.stub.requests.length, 0);
});

/** As the stub counts and bills them. */
function tokensBilled({ stub }: BackfillStory): number {
  const texts = stub.requests.flatMap(({ answered }) => answered);
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
}
