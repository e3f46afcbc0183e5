import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freePorts } from "../../scripts/local-servers/free-port.ts";
import { openAlertsInbox } from "../support/alerts-inbox.ts";
import { keepScreenshot, NO_BROWSER, openBrowser, pressRunNow } from "../support/browser.ts";
import { comeBack } from "../support/come-back.ts";
import { eventually } from "../support/eventually.ts";
import { ask, httpDaemon } from "../support/http-daemon.ts";
import {
  DIMENSIONS,
  errorLogs,
  fixtureAt,
  newestOpenSearch,
  type OpenSearchFixture,
} from "../support/open-search-fixture.ts";
import { startOwnBroker } from "../support/own-broker.ts";
import { startOwnOpenSearch } from "../support/own-open-search.ts";
import { startVectorizer } from "../support/run-command.ts";
import { startStubEmbeddingServer } from "../support/stub-embedding-server.ts";
import { freshLogs, openTailStory } from "../support/tail-story.ts";

const MAX_MS = 15 * 60_000;

async function setUp(t: TestContext, fixture: OpenSearchFixture) {
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(10));
  return httpDaemon(t, fixture);
}

const statusOf = async (url: string) => {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
};

/** Waits until it is not ready for that reason: the first to miss an answer may tell of a connection that broke. */
async function untilNotReady(t: TestContext, url: string, why: RegExp) {
  await eventually(async () => {
    const response = await fetch(`${url}/ready`);
    return why.test(await response.text()) && response.status === 503;
  }, t);
}

test(
  "OpenSearch goes away and comes back: ready says so, health stays, and the process goes on",
  { timeout: MAX_MS },
  async (t) => {
    const server = await startOwnOpenSearch(t);
    const { env, url, stub } = await setUp(t, fixtureAt(server.url, server.version));
    const daemon = await startVectorizer(t, [], { env });
    await daemon.says(/Cycle #1 summary/);
    await eventually(async () => (await statusOf(`${url}/ready`)) === 200, t);
    const paid = stub.requests.filter(({ path }) => path.includes("embeddings")).length;

    await server.kill();
    await untilNotReady(t, url, /OpenSearch at [^"]*connection refused/);
    assert.equal(await statusOf(`${url}/health`), 200);
    assert.equal(await statusOf(`${url}/api/v1/status`), 503);
    const overview: unknown = await (await ask(t, `${url}/api/v1/overview`)).json();
    assert.partialDeepStrictEqual(overview, { state: { word: "broken" }, coverage: null });

    await server.start();
    await eventually(async () => (await statusOf(`${url}/ready`)) === 200, t);
    await stub.close();
    await untilNotReady(t, url, /openai at [^"]*ECONNREFUSED/);
    const now = stub.requests.filter(({ path }) => path.includes("embeddings")).length;
    assert.equal(now, paid, "to be asked cost something");
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);

test(
  "Kafka goes away and comes back: ready and alerts say so, and what comes afterwards is searchable",
  { timeout: MAX_MS },
  async (t) => {
    const [broker, inbox] = await Promise.all([startOwnBroker(t), openAlertsInbox(t)]);
    const story = await openTailStory(t, { broker: broker.address });
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    // Longer than an answer of what is ready is kept, and than any of the others may stand still for a moment.
    const env = { ...inbox.env, ALERT_AFTER_SECONDS: "15", HTTP_PORT: String(port) };
    const daemon = await story.tail(env, []);
    await eventually(async () => (await statusOf(`${url}/ready`)) === 200, t);

    await broker.kill();
    await untilNotReady(t, url, /Kafka at /);
    assert.equal(await statusOf(`${url}/health`), 200);
    const began = await inbox.untilTold(/\[critical\] Kafka does not/);
    assert.match(began, /What: .+\nSince: .+\n(Costs: .+\n)?To do: .+/);

    await broker.start();
    await inbox.untilTold(/\[resolved\] Kafka did not/);
    await eventually(async () => (await statusOf(`${url}/ready`)) === 200, t);
    const fresh = freshLogs("afterwards", 3);
    await story.store(fresh);
    await story.send(fresh);
    await story.untilVectors(3);
    assert.deepEqual(inbox.rest(), []);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);

test(
  "an embedder that is away, and its end, are seen on the page",
  { timeout: MAX_MS, skip: NO_BROWSER },
  async (t) => {
    const { env, url, stub } = await setUp(t, await newestOpenSearch(t));
    const address = new URL(stub.openAiBaseUrl);
    await stub.close();
    const daemon = await startVectorizer(t, [], { env: { ...env, BACKFILL_DRAIN: "true" } });
    await daemon.says(/HTTP at/);
    await using browser = openBrowser();
    await using open = await browser.page();
    const { page } = open;
    await page.goto(url);
    await page.waitForSelector('#state[data-word="Broken"]');
    assert.match(await page.innerText("#attention"), /Embedder does not answer/);
    await keepScreenshot(page, "embedder-away-1280-light");
    const port = Number(address.port);
    const again = await comeBack(() => startStubEmbeddingServer({ dimensions: DIMENSIONS, port }));
    t.after(() => again.close());
    await pressRunNow(t, page);
    await page.waitForSelector('#state[data-word="Idle"]');
    await page.waitForSelector("#attention", { state: "hidden" });
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);
