import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import {
  keepScreenshot,
  NO_BROWSER,
  openBrowser,
  pressRunNow,
} from "../../../support/servers/browser.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { errorLog, newestOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import { httpDaemonToHold } from "../../../support/servers/http-daemon.ts";
import { startVectorizer } from "../../../support/commands/run-command.ts";

/** A daemon that drains when it is asked to, and at its start. */
async function setUp(t: TestContext, records: number) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(
    index,
    Array.from({ length: records }, (_, i) => errorLog(`Disk ${i} of the rack is full`, i)),
  );
  const { env, ...daemon } = await httpDaemonToHold(t, fixture);
  return { ...daemon, fixture, index, env: { ...env, BACKFILL_DRAIN: "true" } };
}

describe("the page of a daemon", { skip: NO_BROWSER }, () => {
  const browser = openBrowser();
  after(() => browser[Symbol.asyncDispose]());

  test("a drain is seen while it runs and when it is done, Run now starts another, and a search finds what is like it", async (t) => {
    const { env, url, embedder, fixture, index } = await setUp(t, 120);
    await using open = await browser.page();
    const { page } = open;
    const embedding = embedder.hold(/^POST /, { nth: 3 });
    const daemon = await startVectorizer(t, [], { env });
    await embedding.arrived;
    // A process that was held up asks strangers to come again.
    await eventually(async () => (await page.goto(url))?.status() === 200, t);
    await page.waitForSelector('#state[data-word="Working"]');
    await page.waitForSelector("#state progress");
    const seen = await page.innerText("#coverage .share");
    embedding.release();
    await page.waitForSelector('#state[data-word="Idle"]');
    assert.notEqual(seen, "100 %");
    assert.equal(await page.innerText("#coverage .share"), "100 %");
    assert.equal(await page.locator("#cycles-chart tbody tr").count(), 1);

    const more = {
      "@timestamp": new Date().toISOString(),
      level: "ERROR",
      message: "Out of paper",
    };
    await fixture.send("POST", `/${index}/_doc/late?refresh=true`, more);
    await page.waitForSelector('#state[data-word="Waiting"]');
    await pressRunNow(t, page);
    await page.waitForSelector("text=A cycle has started.");
    await page.waitForSelector('#state[data-word="Idle"]');
    await page.fill("#q", "Out of paper");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".hits");
    assert.match(await page.locator(".hit").first().innerText(), /1\.000[^]*Out of paper/);
    await keepScreenshot(page, "daemon-1280-light");
    assert.deepEqual(open.problems, []);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0, "an open page keeps nobody from stopping");
  });
});
