import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

/** Clears the screen, sets the title, rings, goes back to the start of the line, and colours by one byte. */
const EVIL = "\u001b[2J\u001b]0;owned\u0007\rall is well \u009b31m\u0000";
/** An index takes no blanks and no capitals in its name. */
const EVIL_INDEX = "app\u001b[31m\u0007_logs";

for (const format of ["human", "json"]) {
  test(`LOG_FORMAT=${format}: no message, id, index name or error steers the terminal of who reads the log`, async (t) => {
    const env = { LOG_FORMAT: format, LOG_LEVEL: "debug", LOG_FILE: "run.log" };
    const story = await openBackfillStory(t, { logs: {}, poison: () => true, env });
    const index = story.logs.name(EVIL_INDEX);
    const path = `/${encodeURIComponent(index)}`;
    const knn = { settings: { index: { knn: true, number_of_shards: 1, number_of_replicas: 0 } } };
    await story.logs.send("PUT", path, knn);
    const document = `${path}/_doc/${encodeURIComponent(EVIL)}?refresh=true`;
    await story.logs.send("PUT", document, errorLog(`${EVIL} disk full`));
    await story.audit.takeStock();
    story.stub.setFault(null);
    const message = `cannot take ${EVIL}`;
    story.stub.setFault(
      { kind: "status", status: 400, message },
      { texts: (texts) => texts.join() !== "connection refused" },
    );

    // Each command fails this test where a control character of it comes through.
    const { summary, stderr } = await story.once();
    assert.deepEqual(outcomesOf(summary), { quarantined: 1 }, stderr);
    assert.match(stderr, /Record \S+ is quarantined|Record .* is quarantined/);
    assert.match(stderr, /\\u001b/, "nothing of it is shown, so nothing is tested");
    const status = await story.run(["status"]);
    assert.match(status.stdout, /\\u001b\[31m/);
    await story.run(["status", "--json"]);
    await story.run(["check"]);
    assert.equal((await story.audit.check()).refused, 1);
  });
}
