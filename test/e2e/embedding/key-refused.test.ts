import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";

const RECORDS = 20;
const PER_REQUEST = 5;
/** After the first request of a batch its others are sent side by side, and meet together what befalls one of them. */
const SIDE_BY_SIDE = RECORDS / PER_REQUEST - 1;
const OLD_KEY = "sk-test-old-0123456789abcdef";
const NEW_KEY = "sk-test-new-0123456789abcdef";

test(
  "the key is refused in mid-run: then one request a cycle, and once the key is accepted again the work resumes",
  { timeout: 300_000 },
  async (t) => {
    const { story, daemon } = await refusedInMidRun(t);

    story.stub.setFault(null);
    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    daemon.kill("SIGTERM");
    const ended = await daemon.ended;

    assert.equal(ended.code, 0, ended.stdout);
    assert.equal(story.audit.paidOnce(), RECORDS);
    assert.equal((await story.audit.check()).refused, 0);
  },
);

test(
  "the key is refused in mid-run: a restart with a new one finishes the work",
  { timeout: 300_000 },
  async (t) => {
    const { story, daemon } = await refusedInMidRun(t);
    daemon.kill("SIGTERM");
    await daemon.ended;

    const again = await story.daemon({ OPENAI_API_KEY: NEW_KEY });
    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    again.kill("SIGTERM");
    const ended = await again.ended;

    assert.equal(ended.code, 0, ended.stdout);
    assert.equal(story.audit.paidOnce(), RECORDS);
    const printed = `${daemon.printed()}${again.printed()}`;
    for (const key of [OLD_KEY, NEW_KEY]) assert.ok(!printed.includes(key), "a key is shown");
  },
);

/** The first request of the first cycle is answered, then the old key is worth nothing any more. */
async function refusedInMidRun(t: TestContext) {
  const story = await openBackfillStory(t, {
    env: {
      OPENAI_API_KEY: OLD_KEY,
      EMBEDDING_MAX_TEXTS_PER_REQUEST: String(PER_REQUEST),
      LOG_FORMAT: "json",
    },
  });
  const { stub } = story;
  stub.setFault({ kind: "unauthorized" }, { key: OLD_KEY, texts: () => stub.requests.length > 0 });
  const daemon = await story.daemon();
  await eventually(() => eventsOf(daemon.printed(), "cycle-ended").length >= 3, t);
  const seen = eventsOf(daemon.printed(), "cycle-started").length;
  const refused = stub.requests.length - 1;
  const atMost = SIDE_BY_SIDE + seen - 1;
  assert.ok(refused >= 1 && refused <= atMost, `${refused} requests in vain in ${seen} cycles`);
  const { vectors, bare } = await story.audit.check();
  assert.deepEqual([vectors, bare], [PER_REQUEST, RECORDS - PER_REQUEST], "the answer is lost");
  return { story, daemon };
}
