import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { SETTING_NAMES } from "../../../src/config/settings.ts";
import { fewLogs } from "../../support/commands/few-logs.ts";
import { printedError, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

test("--once --json prints one object on stdout, and the log on stderr", async (t) => {
  const { env, fixture, index } = await fewLogs(t);
  await fixture.fill(fixture.name("not-a-log"), [{ level: "ERROR", blob: {} }]);

  const ended = await runVectorizer(t, ["--once", "--json"], { env });

  const summary = printedSummary(ended);
  const { duration_ms: durationMs, ...rest } = summary;
  assert.ok(durationMs > 0);
  assert.deepEqual(rest, {
    cycle: 1,
    found: 4,
    backlog: 0,
    taken: 4,
    outcomes: { ...ZEROS, updated: 2, reused: 1, empty: 1 },
    embedding: { requests: 1, texts: 2, tokens: 0, cost_usd: 0 },
    indices: { fit: 1, unfit: 1 },
    other_model: 0,
    gaps: [],
    skipped: 0,
    looping: 0,
    false_marks: 0,
  });
  assert.equal(ended.code, 0);
  const lines = ended.stderr.trim().split("\n");
  for (const step of [
    /INFO {2}Periodic enrichment cycle #1 started$/,
    new RegExp(`Index ${fixture.name("not-a-log")} is skipped: no field message`),
    /\[1\/3\] Querying OpenSearch for ERROR logs without vectors… found 4$/,
    /\[2\/3\] Generating embeddings for 3 logs… 2 texts, 1 request, \d+\.\d s$/,
    /\[3\/3\] Updating OpenSearch documents… 3 written \(1 reused\), 0 failed$/,
    /Cycle #1 summary: duration \d+\.\d\d s · vectors 3 \(total 3\) · .* · backlog 0$/,
  ]) {
    assert.equal(lines.filter((line) => step.test(line)).length, 1, `${step}\n${ended.stderr}`);
  }
  assert.equal((await fixture.documents(index)).size, 5);
});

test("run --once without --json logs to stdout, and LOG_FORMAT=json makes each line an event", async (t) => {
  const { env } = await fewLogs(t);

  const ended = await runVectorizer(t, ["run", "--once"], { env: { ...env, LOG_FORMAT: "json" } });

  assert.deepEqual([ended.code, ended.stderr], [0, ""]);
  const event = z.looseObject({ "@timestamp": z.iso.datetime(), "event.action": z.string() });
  const events = ended.stdout
    .trim()
    .split("\n")
    .map((line) => event.parse(JSON.parse(line)));
  assert.deepEqual(
    events.map((one) => one["event.action"]),
    [
      "cycle-started",
      "mapping-added",
      "records-found",
      "texts-embedded",
      "records-written",
      "cycle-ended",
    ],
  );
});

test("all invalid settings are reported at once with exit code 2, and no server is contacted", async (t) => {
  const contacts = await countContacts(t);
  const secret = "sk secret with blanks";
  const env = {
    OPENSEARCH_URL: contacts.url,
    OPENSEARCH_USER: "vectorizer",
    BACKFILL_BATCH_SIZE: "many",
    BACKFILL_SCHEDULE: "every minute",
    OPENAI_API_KEY: secret,
  };

  const ended = await runVectorizer(t, ["--once", "--json"], { env });

  assert.equal(ended.code, 2);
  const { kind, message } = printedError(ended);
  assert.equal(kind, "configuration");
  for (const name of [
    "OPENSEARCH_PASSWORD",
    "BACKFILL_BATCH_SIZE",
    "BACKFILL_SCHEDULE",
    "OPENAI_API_KEY",
  ]) {
    assert.match(message, new RegExp(name));
    assert.match(ended.stderr, new RegExp(name));
  }
  assert.match(message, /"many"/);
  assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret));
  assert.equal(contacts.count(), 0);
});

test("an unknown flag or command ends with 2 and says where to look", async (t) => {
  for (const args of [["--onse"], ["drain"], ["run", "--ones"]]) {
    const ended = await runVectorizer(t, args);
    assert.equal(ended.code, 2, args.join(" "));
    assert.match(ended.stderr, /See log-vectorizer --help/);
    assert.equal(ended.stdout, "");
  }
});

test("OpenSearch down ends --once with 3, one clear error, and no password", async (t) => {
  const env = {
    OPENSEARCH_URL: `http://vectorizer:${encodeURIComponent("Admin123!@#")}@127.0.0.1:1`,
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: "hashing",
  };
  for (const args of [
    ["--once", "--json"],
    ["--drain", "--json"],
    ["status", "--json"],
  ]) {
    const ended = await runVectorizer(t, args, { env });
    assert.equal(ended.code, 3, args.join(" "));
    const { kind, message, hint } = printedError(ended);
    assert.equal(kind, "outage");
    assert.equal(message, "OpenSearch at http://127.0.0.1:1: connection refused");
    assert.match(hint ?? "", /Is OpenSearch running\?/);
    assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /Admin123|\bat .*\.ts:\d/);
  }
});

test("something else than OpenSearch at the address is said to be so", async (t) => {
  const { env, fixture } = await fewLogs(t);
  const url = `${fixture.url}/no-such-path`;
  const ended = await runVectorizer(t, ["check", "--json"], {
    env: { ...env, OPENSEARCH_URL: url },
  });
  assert.equal(ended.code, 3, ended.stdout);
});

test("--help shows every setting, and no flag for a secret", async (t) => {
  const ended = await runVectorizer(t, ["--help"]);
  assert.equal(ended.code, 0);
  for (const name of SETTING_NAMES) assert.match(ended.stdout, new RegExp(`\\b${name}\\b`));
  assert.doesNotMatch(ended.stdout, /--opensearch-password|--openai-api-key/);
});

const ZEROS = {
  updated: 0,
  reused: 0,
  already_vectorized: 0,
  empty: 0,
  missing: 0,
  conflicted: 0,
  quarantined: 0,
  deferred: 0,
};
async function countContacts(t: TestContext) {
  let contacts = 0;
  const server = createServer((socket) => {
    contacts += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, count: () => contacts };
}
