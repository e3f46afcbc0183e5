import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { printedSummary } from "../../support/asserts/printed-json.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { startOpenSearchFaults } from "../../support/servers/open-search-faults.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";

// Two pages: what is held up keeps a third from being read.
const RECORDS = 100;
const ALL = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
const LOGS = { logs: errorLogs(RECORDS) };

test("a drain is killed with vectors that are paid for and not written: the next process writes them, and pays for none again", async (t) => {
  const story = await openBackfillStory(t, { logs: LOGS, env: { BACKFILL_BATCH_SIZE: "50" } });
  const { env, stub, openSearch } = story;
  const bulk = openSearch.hold(isBulk, { nth: 2 });
  const drain = await startVectorizer(t, ["--drain"], { env });
  await bulk.arrived;
  await eventually(async () => story.audit.paid().length === RECORDS, t);
  const held = join(env["STATE_DIR"] ?? "", "held-vectors");
  const heldNow = async () => JSON.parse((await story.run(["status", "--json"])).stdout);
  await eventually(async () => (await heldNow()).held_vectors > 0, t);
  drain.kill("SIGKILL");
  await drain.ended;
  openSearch.clear();
  const requests = stub.requests.length;
  assert.match((await story.run(["status"])).stdout, /Paid for and not written yet: \d+ vectors/);

  const next = await story.run(["--drain", "--json"]);
  assert.equal(next.code, 0, next.stderr);
  assert.match(next.stderr, /Found \d+ vectors that an ended process had paid for/);
  assert.equal(stub.requests.length, requests, "nothing was sent to the embedder");
  assert.deepEqual(await story.audit.check(), ALL);
  assert.equal(story.audit.paidOnce(), RECORDS);
  assert.equal(printedSummary(next).embedding.texts, 0);
  assert.deepEqual(await readdir(held), []);
  assert.equal((await heldNow()).held_vectors, 0);
});

test("a drain outlives an embedder that is gone for a while", async (t) => {
  const story = await openBackfillStory(t, { logs: LOGS, env: { BACKFILL_BATCH_SIZE: "50" } });
  const { env, stub } = story;
  const embedder = await startOpenSearchFaults(t, stub.url);
  env["OPENAI_BASE_URL"] = `${embedder.url}/v1`;
  const second = embedder.hold(/embeddings/, { nth: 2 });
  const drain = await startVectorizer(t, ["--drain", "--json"], { env });
  await second.arrived;
  embedder.fail(/./, { kind: "cuts", where: "before" });
  second.release();
  await drain.says(/Waiting for the end of an outage/);
  const asked = embedder.count(/embeddings/);
  await eventually(async () => embedder.count(/models/) >= 2, t);
  assert.equal(embedder.count(/embeddings/), asked, "only free probes while it is gone");
  embedder.clear();
  const ended = await drain.ended;
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(await story.audit.check(), ALL);
  assert.equal(story.audit.paidOnce(), RECORDS);
  assert.partialDeepStrictEqual(printedSummary(ended), { taken: RECORDS, backlog: 0 });
});

test("a drain that waits for the embedder ends at once at a signal, with its exit code", async (t) => {
  const story = await openBackfillStory(t, { logs: LOGS, env: { BACKFILL_BATCH_SIZE: "50" } });
  const { env, stub } = story;
  const embedder = await startOpenSearchFaults(t, stub.url);
  env["OPENAI_BASE_URL"] = `${embedder.url}/v1`;
  const second = embedder.hold(/embeddings/, { nth: 2 });
  const drain = await startVectorizer(t, ["--drain", "--json"], { env });
  await second.arrived;
  embedder.fail(/./, { kind: "cuts", where: "before" });
  second.release();
  await drain.says(/Waiting for the end of an outage/);
  drain.kill("SIGINT");
  const ended = await drain.ended;
  assert.equal(ended.code, 130, ended.stderr);
  const { taken, outcomes } = printedSummary(ended);
  assert.ok(outcomes.updated >= 50);
  assert.equal(outcomes.updated + outcomes.deferred, taken);
  assert.match(ended.stderr, /The drain ended early: stopped/);
});
