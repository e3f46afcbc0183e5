import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freePorts } from "../../../../scripts/local-servers/free-port.ts";
import { z } from "zod";
import { startAlertReceiver, type AlertReceiver } from "../../../support/servers/alert-receiver.ts";
import { openAlertsInbox } from "../../../support/servers/alerts-inbox.ts";
import {
  keepScreenshot,
  NO_BROWSER,
  openBrowser,
  pressRunNow,
} from "../../../support/servers/browser.ts";
import { comeBack } from "../../../support/servers/come-back.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { ask, httpDaemon } from "../../../support/servers/http-daemon.ts";
import {
  DIMENSIONS,
  errorLogs,
  fixtureAt,
  newestOpenSearch,
  type OpenSearchFixture,
} from "../../../support/servers/open-search-fixture.ts";
import { startOwnBroker } from "../../../support/servers/own-broker.ts";
import { startOwnOpenSearch } from "../../../support/servers/own-open-search.ts";
import { startVectorizer } from "../../../support/commands/run-command.ts";
import { startStubEmbeddingServer } from "../../../support/servers/stub-embedding-server.ts";
import { freshLogs, openTailStory } from "../../../support/commands/tail-story.ts";

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

const readyShape = z.object({
  dependencies: z.array(
    z.object({
      name: z.string(),
      last_success: z.string().nullable(),
      error: z.object({ since: z.string() }).nullable(),
    }),
  ),
});

/** How OpenSearch is doing, as the daemon says. */
async function openSearchOf(url: string) {
  const { dependencies } = readyShape.parse(await (await fetch(`${url}/ready`)).json());
  const found = dependencies.find(({ name }) => name === "opensearch");
  assert.ok(found);
  return found;
}

const messageShape = z.object({
  text: z.string(),
  page: z.string().nullable(),
  items: z.array(z.object({ since: z.string(), until: z.string().optional() })),
});

async function untilPosted(t: TestContext, receiver: AlertReceiver, text: RegExp) {
  const find = () =>
    receiver.posted
      .map(({ body }) => messageShape.parse(JSON.parse(body)))
      .find((message) => text.test(message.text));
  await eventually(() => find() !== undefined, t);
  const found = find();
  assert.ok(found);
  return found;
}

/** Waits until it is not ready for that reason: the first to miss an answer may tell of a connection that broke. */
async function untilNotReady(t: TestContext, url: string, why: RegExp) {
  await eventually(async () => {
    const response = await fetch(`${url}/ready`);
    return why.test(await response.text()) && response.status === 503;
  }, t);
}

test(
  "OpenSearch goes away and comes back: ready says so, health stays, the process goes on, and alerts have the times of the calls",
  { timeout: MAX_MS },
  async (t) => {
    const [server, receiver] = await Promise.all([startOwnOpenSearch(t), startAlertReceiver(t)]);
    const { env, url, stub } = await setUp(t, fixtureAt(server.url, server.version));
    const alerts = { ALERT_WEBHOOK_URL: receiver.url, ALERT_AFTER_SECONDS: "1" };
    const daemon = await startVectorizer(t, [], { env: { ...env, ...alerts } });
    await daemon.says(/Cycle #1 summary/);
    await eventually(async () => (await statusOf(`${url}/ready`)) === 200, t);
    const paid = stub.requests.filter(({ path }) => path.includes("embeddings")).length;

    const killedAt = new Date().toISOString();
    await server.kill();
    await untilNotReady(t, url, /OpenSearch at [^"]*connection refused/);
    const since = (await openSearchOf(url)).error?.since ?? "";
    const began = await untilPosted(t, receiver, /^\[critical\] OpenSearch does not answer/);
    assert.equal(began.items[0]?.since, since, "it is the first failure, whoever met it");
    assert.ok(since > killedAt);
    assert.equal(began.page, null, "nobody else can open a page on loopback");
    assert.equal(await statusOf(`${url}/health`), 200);
    assert.equal(await statusOf(`${url}/api/v1/status`), 503);
    const overview: unknown = await (await ask(t, `${url}/api/v1/overview`)).json();
    assert.partialDeepStrictEqual(overview, { state: { word: "broken" }, coverage: null });

    const startedAt = new Date().toISOString();
    await server.start();
    await eventually(async () => (await statusOf(`${url}/ready`)) === 200, t);
    const { last_success: answeredBy } = await openSearchOf(url);
    const ended = await untilPosted(t, receiver, /^\[resolved\] OpenSearch did not answer/);
    const { since: sinceThen, until = "" } = ended.items[0] ?? {};
    assert.equal(sinceThen, since);
    assert.ok(startedAt < until && until <= (answeredBy ?? ""), `it answered at ${until}`);
    const shown = (iso: string) =>
      iso.slice(0, 10) === since.slice(0, 10) ? iso.slice(11, 19) : "";
    if (shown(until)) assert.ok(ended.text.includes(`(${shown(since)} to ${shown(until)} UTC)`));
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
    assert.match(began, /What: .+\nSince: .+\n(Impact: .+\n)?To do: .+/);

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
    assert.match(await page.innerText("#attention"), /The embedder does not answer/);
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
