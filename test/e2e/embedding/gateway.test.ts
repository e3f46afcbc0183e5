import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { ask, httpDaemon } from "../../support/servers/http-daemon.ts";
import {
  startOpenSearchFaults,
  type OpenSearchFault,
} from "../../support/servers/open-search-faults.ts";
import { errorLog, newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../support/commands/run-command.ts";

const ROOT = /^\w+ \/(\?|$)/;
const REFRESH = /_refresh/;
const CLUSTER = /\/_cluster\//;
const POINT_IN_TIME = /point_in_time/;

const NOT_FOUND: OpenSearchFault = { kind: "answers", status: 404, body: { message: "Not Found" } };
const FORBIDDEN: OpenSearchFault = { kind: "answers", status: 403, body: { Message: "forbidden" } };
const NO_SUCH_METHOD: OpenSearchFault = { kind: "answers", status: 405, body: "no" };

/** What lets through only calls that the work makes, and how it says so of the others. */
const GATEWAYS: [string, RegExp[], OpenSearchFault][] = [
  ["AWS Serverless", [ROOT, REFRESH, CLUSTER], NOT_FOUND],
  ["a gateway that forbids", [ROOT, REFRESH, CLUSTER], FORBIDDEN],
  ["a gateway without points in time", [ROOT, REFRESH, CLUSTER, POINT_IN_TIME], NO_SUCH_METHOD],
];

async function behind(t: TestContext, closed: readonly RegExp[], says: OpenSearchFault) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [errorLog("Disk full"), errorLog("Queue full", 1)]);
  const gateway = await startOpenSearchFaults(t, fixture.url);
  for (const which of closed) gateway.fail(which, says);
  const env = { ...fixture.env, OPENSEARCH_URL: gateway.url, STATE_DIR: await temporaryFolder(t) };
  return { fixture, gateway, env };
}

for (const [what, closed, says] of GATEWAYS) {
  test(`behind ${what} everything goes by the calls that the work makes`, async (t) => {
    const { env } = await behind(t, closed, says);

    const check = await runVectorizer(t, ["check"], { env });
    assert.equal(check.code, 0, check.stdout);
    assert.match(check.stdout, /✓ +connection +OpenSearch at \S+, which does not tell its version/);

    const once = await runVectorizer(t, ["--once", "--json"], { env });
    const { outcomes, backlog } = printedSummary(once);
    assert.deepEqual([outcomes.updated, backlog], [2, 0], once.stderr);
    assert.doesNotMatch(once.stderr, /^\S+ (WARN|ERROR) /m);
    for (const args of [["--drain"], ["status"], ["search", "full"], ["init"]]) {
      const ended = await runVectorizer(t, args, { env });
      assert.equal(ended.code, 0, `${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
      assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /^\S+ (WARN|ERROR) /m);
    }
  });
}

test("a drain without points in time reads every record of every shard once", async (t) => {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index, { settings: { number_of_shards: 3 } });
  const texts = Array.from({ length: 230 }, (_, i) => errorLog(`Worker ${i} lost its lease`, i));
  await fixture.fill(index, texts);
  const gateway = await startOpenSearchFaults(t, fixture.url);
  gateway.fail(POINT_IN_TIME, {
    kind: "answers",
    status: 400,
    body: { error: { type: "illegal_argument_exception", reason: "Keep alive is too large" } },
  });
  const env = { ...fixture.env, OPENSEARCH_URL: gateway.url };

  const drained = await runVectorizer(t, ["--drain", "--json"], { env });

  assert.equal(drained.code, 0, drained.stderr);
  assert.deepEqual(outcomesOf(printedSummary(drained)), { updated: 230 });
});

test("the daemon of a Serverless collection is ready, raises no alert and asks for nothing that is not there", async (t) => {
  const { env, gateway, fixture } = await behind(t, [ROOT, REFRESH, CLUSTER], NOT_FOUND);
  const { env: daemon, url } = await httpDaemon(t, { env });
  const running = await startVectorizer(t, [], {
    env: {
      ...daemon,
      OPENSEARCH_URL: gateway.url,
      OPENSEARCH_AWS_REGION: "eu-central-1",
      OPENSEARCH_AWS_SERVICE: "aoss",
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example-secret",
    },
  });
  await running.says(/Cycle #1 summary: .*errors 0/);
  await eventually(
    async () => {
      const response = await ask(t, `${url}/ready`);
      await response.body?.cancel();
      return response.status === 200;
    },
    { signal: t.signal },
  );
  const page = await (await ask(t, `${url}/`)).text();
  assert.doesNotMatch(page, /OpenSearch refuses/);
  assert.doesNotMatch(running.printed(), /^\S+ (WARN|ERROR) /m);
  for (const which of [ROOT, REFRESH, CLUSTER]) assert.equal(gateway.count(which), 0);
  const documents = await fixture.documents(fixture.pattern);
  assert.ok([...documents.values()].every(({ source }) => "log_vector" in source));
});

test("a server that refuses the work's own calls fails the check", async (t) => {
  const { env, gateway } = await behind(t, [], NOT_FOUND);
  gateway.fail(ROOT, FORBIDDEN);
  gateway.fail(/_resolve/, FORBIDDEN);
  const check = await runVectorizer(t, ["check"], { env });
  assert.equal(check.code, 3);
  assert.match(check.stdout, /✗ +connection +.* 403/);
});
