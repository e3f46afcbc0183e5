import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { readSummary } from "../../support/asserts/printed-json.ts";

const PER_INDEX = 10;
const BATCH = 15;
const BLOCK = "index.blocks.read_only_allow_delete";

const logsOf = (name: string) =>
  Array.from({ length: PER_INDEX }, (_, i) => errorLog(`${name}: request ${i} failed`, i));

test(
  "flood stage on one index of three: the others go on, and nothing more is paid for that one until it takes updates",
  { timeout: 300_000 },
  async (t) => {
    const story = await openBackfillStory(t, {
      logs: { first: logsOf("first"), full: logsOf("full"), third: logsOf("third") },
      env: { BACKFILL_BATCH_SIZE: String(BATCH), LOG_FORMAT: "json" },
    });
    const { logs, stub, openSearch, audit } = story;
    const full = story.index("full");
    const paidFor = (name: string) => audit.paid().filter((text) => text.startsWith(name)).length;
    const bulk = openSearch.hold(isBulk);
    const daemon = await story.daemon();
    await bulk.arrived;
    await logs.send("PUT", `/${full}/_settings`, { [BLOCK]: true });
    bulk.release();

    await eventually(() => eventsOf(daemon.printed(), "cycle-ended").length >= 4, t);
    assert.deepEqual([paidFor("first"), paidFor("third")], [PER_INDEX, PER_INDEX]);
    assert.equal(paidFor("full"), BATCH - 10, "paid for what cannot be written");
    const blocked = await audit.check();
    assert.deepEqual([blocked.vectors, blocked.bare], [2 * PER_INDEX, PER_INDEX]);
    const cycles = eventsOf(daemon.printed(), "cycle-ended");
    const [first] = cycles.map((event) => readSummary(event["log_vectorizer.summary"]).outcomes);
    // Those that were refused make room in the same cycle.
    assert.deepEqual([first?.updated, first?.deferred], [BATCH, 5], daemon.printed());
    assert.equal(eventsOf(daemon.printed(), "index-paused").length, 1, "said more than once");

    await logs.send("PUT", `/${full}/_settings`, { [BLOCK]: null });
    await eventually(async () => (await audit.check()).vectors === 3 * PER_INDEX, t);
    assert.equal(audit.paidOnce(), 3 * PER_INDEX);
    assert.equal((await audit.check()).refused, 0);
    const texts = stub.requests.flatMap((request) => request.texts);
    assert.equal(texts.length, 3 * PER_INDEX);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);
