import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freePorts } from "../../../../../scripts/local-servers/free-port.ts";
import { DASHBOARDS } from "../../../../../scripts/dashboards.ts";
import { openAlertsInbox } from "../../../../support/servers/alerts-inbox.ts";
import { eventually } from "../../../../support/asserts/eventually.ts";
import { ask } from "../../../../support/servers/http-daemon.ts";
import { errorLog } from "../../../../support/servers/open-search-fixture.ts";
import {
  NO_PROMETHEUS,
  startPrometheus,
  type Prometheus,
} from "../../../../support/servers/prometheus.ts";
import { startStubChatServer } from "../../../../support/servers/stub-chat-server.ts";
import { startVectorizer } from "../../../../support/commands/run-command.ts";
import { freshLogs, openTailStory } from "../../../../support/commands/tail-story.ts";

const TOKEN = "a-token-of-32-characters-0123456";
/** For what Grafana puts into queries. */
const VARIABLES: [RegExp, string][] = [
  [/\$__rate_interval/g, "5s"],
  [/\$__range/g, "1m"],
  [/\$job/g, "log-vectorizer.*"],
];
/** What is not there in this test: the service finds nothing odd in its first day. */
const NOT_HERE = /log_vectorizer_anomaly_active/;
/** Alerts that compare with what was before, and so have nothing to show where nothing grew. */
const GROWTH = new Set([
  "LogVectorizerBacklogGrowing",
  "LogVectorizerLagGrowing",
  "LogVectorizerIndexUnfit",
]);

/** Four hundred records, some with the same text, and a daemon that takes twenty of them every two seconds and reads a topic. */
async function setUp(t: TestContext) {
  const [story, inbox] = await Promise.all([openTailStory(t), openAlertsInbox(t)]);
  const texts = Array.from({ length: 400 }, (_, i) => `Request ${Math.floor(i / 4)} failed`);
  await story.logs.fill(
    story.index,
    texts.map((text, i) => errorLog(text, i)),
  );
  const [[port = 0], chat] = await Promise.all([freePorts(1), startStubChatServer()]);
  t.after(() => chat[Symbol.asyncDispose]());
  chat.say(
    () => '{"verdict":"unknown","claims":[{"kind":"observed","text":"x","cites":[]}],"missing":[]}',
  );
  const env = {
    ...story.env,
    ...inbox.env,
    HTTP_PORT: String(port),
    HTTP_TOKEN: TOKEN,
    BACKFILL_SCHEDULE: "*/2 * * * * *",
    BACKFILL_BATCH_SIZE: "20",
    EMBEDDING_PRICE_PER_MILLION_TOKENS: "1000",
    MAX_COST_USD_PER_DAY: "100",
    LLM_MODEL: "stand-in",
    LLM_BASE_URL: chat.baseUrl,
    LLM_PRICE_INPUT_PER_MILLION: "1",
    LLM_PRICE_OUTPUT_PER_MILLION: "1",
  };
  const search = async () => {
    const url = `http://127.0.0.1:${port}/api/v1/search?q=failed`;
    const response = await ask(t, url, { headers: { authorization: `Bearer ${TOKEN}` } });
    await response.body?.cancel();
    assert.equal(response.status, 200);
  };
  const explain = async (text: string) => {
    const response = await ask(t, `http://127.0.0.1:${port}/api/v1/explain`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ text }),
    });
    await response.body?.cancel();
    assert.equal(response.status, 200);
  };
  return { story, inbox, target: `127.0.0.1:${port}`, env, search, explain };
}

/** Waits until the alert fires, or no longer does, and says how it reads. */
async function until(t: TestContext, prometheus: Prometheus, name: string, fires: boolean) {
  const named = async () =>
    (await prometheus.firing()).find(({ labels }) => labels["alertname"] === name);
  const startedAt = Date.now();
  await eventually(async () => ((await named()) !== undefined) === fires, t);
  const alert = await named();
  t.diagnostic(`${name} ${fires ? "fires" : "is over"} after ${Date.now() - startedAt} ms`);
  for (const text of Object.values(alert?.annotations ?? {})) {
    assert.doesNotMatch(text, /error expanding|no value/);
  }
}

/** What a rule compares with its limits; whether those are passed is another thing. */
function comparedIn(query: string): string[] {
  return query
    .split(" and ")
    .map((part) => part.replace(/ (?:[<>]=?|==) (?:[\d.e+]+|on \(.*)$/, ""));
}

function queriesOfPanels() {
  return Object.entries(DASHBOARDS).flatMap(([file, { panels }]) =>
    panels.flatMap((panel) =>
      ("targets" in panel ? panel.targets : []).flatMap((target) =>
        "expr" in target
          ? {
              where: `${file}: ${panel.title}`,
              query: VARIABLES.reduce(
                (all, [name, value]) => all.replaceAll(name, value),
                target.expr,
              ),
            }
          : [],
      ),
    ),
  );
}

test(
  "with a real Prometheus every panel and every rule finds its data, and what goes wrong is told and over again",
  { skip: NO_PROMETHEUS, timeout: 15 * 60_000 },
  async (t) => {
    const { story, inbox, target, env, search, explain } = await setUp(t);
    const startedAt = Date.now();
    const daemon = await startVectorizer(t, [], { env });
    const [prometheus] = await Promise.all([
      startPrometheus(t, { target, token: TOKEN }),
      daemon.says(/"event.action":"cycle-ended"/),
    ]);
    const seen = async (expr: string) => (await prometheus.since(expr, startedAt)).length > 0;
    await eventually(() => seen("log_vectorizer_backlog_records"), t);
    const told = (name: string) => until(t, prometheus, name, true);
    const over = (name: string) => until(t, prometheus, name, false);

    const arrive = async (name: string) => {
      const logs = freshLogs(name, 5);
      await story.store(logs);
      await story.send(logs);
    };
    await arrive("fresh");
    // A series that begins with a search or an embedding grows by the second one only.
    story.stub.setFault({ kind: "rate_limit", retryAfter: { ms: 100 } }, { next: 2 });
    await search();
    await search();
    await explain("Request 1 failed");
    await story.sendRaw(["this is no log"]);
    await told("LogVectorizerDeadLetters");
    await inbox.untilTold(/\[warning\] Messages become dead letters/);
    await search();
    await explain("Request 2 failed again");

    story.stub.setFault({ kind: "unauthorized" });
    // Of the backlog there may be nothing left by now.
    await arrive("refused");
    await told("LogVectorizerBreakerOpen");
    story.stub.setFault(null);
    await over("LogVectorizerBreakerOpen");
    await over("LogVectorizerDeadLetters");

    for (const { where, query } of queriesOfPanels()) {
      if (NOT_HERE.test(query)) continue;
      assert.ok(await seen(query), `no data: ${where}: ${query}`);
    }
    for (const { name, query, health } of await prometheus.rules()) {
      assert.equal(health, "ok", name);
      if (NOT_HERE.test(query) || GROWTH.has(name)) continue;
      for (const compared of comparedIn(query)) {
        assert.ok(await seen(compared), `no data: ${name}: ${compared}`);
      }
    }

    daemon.kill("SIGSTOP");
    await told("LogVectorizerDown");
    daemon.kill("SIGCONT");
    await over("LogVectorizerDown");
    t.diagnostic(`all in ${Date.now() - startedAt} ms`);
  },
);
