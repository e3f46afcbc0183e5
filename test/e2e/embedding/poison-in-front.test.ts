import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

const BATCH = 100;
const isPoison = (message: string) => message.startsWith("poison");

const poison = (i: number) => errorLog(`poison number ${i}`, 1000 + i);
const good = (i: number) => errorLog(`Request ${i} failed`, i);
const times = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

test("a whole batch of poison in front: the good ones get their turn in the next cycle", async (t) => {
  const documents = [...times(BATCH, poison), ...times(BATCH, good)];
  const story = await openBackfillStory(t, {
    logs: { logs: documents },
    poison: isPoison,
  });

  const first = await story.once();
  assert.deepEqual(outcomesOf(first.summary), { quarantined: BATCH }, first.stderr);
  assert.equal(first.code, 1);
  // Halving n texts takes 2n - 1 requests; one more asks whether it is the texts at all.
  const halved = 2 * BATCH - 1;
  assert.ok(story.stub.requests.length <= halved + 1, `${story.stub.requests.length} requests`);

  story.stub.requests.length = 0;
  const second = await story.once();
  assert.deepEqual(outcomesOf(second.summary), { updated: BATCH }, second.stderr);
  assert.deepEqual([second.code, second.summary.backlog], [0, 0]);
  // No vector has been taken there yet: one text goes first, and the others once its vector is.
  assert.ok(story.stub.requests.length <= 2, `${story.stub.requests.length} requests`);
  const sent = story.stub.requests.flatMap(({ texts }) => texts);
  assert.deepEqual(sent.filter(isPoison), [], "poison came again");
  assert.equal(story.audit.paidOnce(), BATCH);
  const counts = { vectors: BATCH, refused: BATCH, empty: 0, bare: 0 };
  assert.deepEqual(await story.audit.check(), counts);

  const third = await story.once();
  assert.deepEqual([third.summary.found, third.summary.taken], [0, 0]);
});

test("poison among good ones costs them neither their turn nor a second payment", async (t) => {
  const documents = times(BATCH, (i) => (i % 10 === 3 ? poison(i) : good(i)));
  const story = await openBackfillStory(t, { logs: { logs: documents }, poison: isPoison });

  const { summary, stderr } = await story.once();

  assert.deepEqual(outcomesOf(summary), { updated: 90, quarantined: 10 }, stderr);
  assert.ok(story.stub.requests.length <= 2 * BATCH - 1, `${story.stub.requests.length} requests`);
  assert.equal(summary.embedding.requests, story.stub.requests.length);
  assert.equal(story.audit.paidOnce(), 90);
  const counts = { vectors: 90, refused: 10, empty: 0, bare: 0 };
  assert.deepEqual(await story.audit.check(), counts);
});

test("poison comes again when its next try is due, and once it is taken its marks are gone", async (t) => {
  const story = await openBackfillStory(t, {
    logs: { logs: [poison(0), poison(1)] },
    poison: isPoison,
  });
  await story.once();
  const due = new Date(Date.now() - 1000).toISOString();
  await story.logs.send("POST", `/${story.index()}/_update/0?refresh=true`, {
    doc: { log_vector_meta: { next_try: due } },
  });

  const again = await story.once();
  assert.deepEqual(outcomesOf(again.summary), { quarantined: 1 }, again.stderr);
  const [mark] = await marks(story);
  assert.equal(mark?.["attempts"], 2);
  const waitHours = (Date.parse(String(mark["next_try"])) - Date.now()) / 3_600_000;
  assert.ok(Math.abs(waitHours - 6) < 0.1, `next try in ${waitHours} hours`);

  story.stub.setFault(null);
  await story.logs.send("POST", `/${story.index()}/_update/0?refresh=true`, {
    doc: { log_vector_meta: { next_try: due } },
  });
  const taken = await story.once();
  assert.deepEqual(outcomesOf(taken.summary), { updated: 1 }, taken.stderr);
  const documents = [...(await story.logs.documents(story.index())).values()];
  const meta = documents.find(({ id }) => id === "0")?.source["log_vector_meta"];
  const left = Object.entries(meta ?? {}).filter(([, value]) => value !== null);
  assert.deepEqual(left.map(([name]) => name).toSorted(), [
    "dimensions",
    "embedded_at",
    "group",
    "key",
    "mac",
    "model",
    "text",
    "text_hash",
    "truncated",
  ]);
});

async function marks({ logs, index }: Awaited<ReturnType<typeof openBackfillStory>>) {
  const found = [...(await logs.documents(index())).values()].toSorted((a, b) =>
    a.id.localeCompare(b.id),
  );
  return found.map(({ source }) => Object(source["log_vector_meta"]));
}
