import assert from "node:assert/strict";
import { access, writeFile, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { SETTING_NAMES } from "../../src/config/settings.ts";
import { errorLog, LOG_PROPERTIES, newestOpenSearch } from "../support/open-search-fixture.ts";
import { outcomesOf, printedError, printedJson, printedSummary } from "../support/printed-json.ts";
import { runVectorizer, startVectorizer, temporaryFolder } from "../support/run-command.ts";
import { makeCertificates, startTlsProxy, writePem } from "../support/tls-proxy.ts";

const NEVER = "0 0 1 1 *";

test("--once --json prints one object on stdout, and the log on stderr", async (t) => {
  const { env, fixture, index } = await twoLogs(t);
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
  });
  assert.equal(ended.code, 0);
  const lines = ended.stderr.trim().split("\n");
  for (const step of [
    /INFO {2}Periodic enrichment cycle #1 started$/,
    new RegExp(`Index ${fixture.name("not-a-log")} is left alone: no field message`),
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
  const { env } = await twoLogs(t);

  const ended = await runVectorizer(t, ["run", "--once"], { env: { ...env, LOG_FORMAT: "json" } });

  assert.deepEqual([ended.code, ended.stderr], [0, ""]);
  const event = z.looseObject({ "@timestamp": z.iso.datetime(), "event.action": z.string() });
  const events = ended.stdout.trim().split("\n").map((line) => event.parse(JSON.parse(line)));
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

test("what is wrong with the settings is said all at once, exit 2, and nobody is contacted", async (t) => {
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
  const port = await unusedPort();
  const env = {
    OPENSEARCH_URL: `http://vectorizer:${encodeURIComponent("Admin123!@#")}@127.0.0.1:${port}`,
    EMBEDDING_PROVIDER: "local",
  };
  for (const args of [["--once", "--json"], ["--drain", "--json"], ["status", "--json"]]) {
    const ended = await runVectorizer(t, args, { env });
    assert.equal(ended.code, 3, args.join(" "));
    const { kind, message, hint } = printedError(ended);
    assert.equal(kind, "outage");
    assert.equal(message, `OpenSearch at http://127.0.0.1:${port}: connection refused`);
    assert.match(hint ?? "", /Is OpenSearch running\?/);
    assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /Admin123|\bat .*\.ts:\d/);
  }
});

test("something else than OpenSearch at the address is said to be so", async (t) => {
  const { env, fixture } = await twoLogs(t);
  const url = `${fixture.url}/no-such-path`;
  const ended = await runVectorizer(t, ["check", "--json"], { env: { ...env, OPENSEARCH_URL: url } });
  assert.equal(ended.code, 3, ended.stdout);
});

test("a password of the .env file stands as written, # and all", async (t) => {
  const { env, fixture } = await twoLogs(t);
  const password = "Admin123!@#";
  const certificates = await makeCertificates();
  const user = { name: "vectorizer", password };
  const proxy = await startTlsProxy({ target: fixture.url, certificates, user });
  t.after(() => proxy[Symbol.asyncDispose]());
  const folder = await temporaryFolder(t);
  await writePem(folder, "authority", certificates.authority);
  const lines = {
    ...env,
    OPENSEARCH_URL: `https://localhost:${proxy.port}`,
    OPENSEARCH_USER: user.name,
    OPENSEARCH_PASSWORD: password,
    OPENSEARCH_CA_FILE: "authority.crt",
    BACKFILL_BATCH_SIZE: "7",
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, ".env"), text.join(""));

  const ended = await runVectorizer(t, ["--once", "--json"], { folder });
  const shown = await runVectorizer(t, ["config", "--json", "--backfill-batch-size", "9"], {
    folder,
    env: { BACKFILL_BATCH_SIZE: "8", OPENSEARCH_INDEX_PATTERN: "" },
  });

  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(printedSummary(ended).taken, 4);
  const rows = printedJson(shown, configShape);
  const row = (name: string) => rows.find((one) => one.name === name);
  assert.deepEqual(row("OPENSEARCH_PASSWORD"), {
    name: "OPENSEARCH_PASSWORD",
    value: "***",
    origin: ".env",
  });
  assert.deepEqual([row("BACKFILL_BATCH_SIZE")?.value, row("BACKFILL_BATCH_SIZE")?.origin], ["9", "flag"]);
  assert.equal(row("OPENSEARCH_INDEX_PATTERN")?.origin, ".env", "an empty value counts as unset");
  const table = await runVectorizer(t, ["config"], { folder });
  assert.match(table.stdout, /OPENSEARCH_PASSWORD +\*\*\* +\.env/);
  assert.ok(!`${table.stdout}${shown.stdout}`.includes("Admin123"));
});

test("status shows coverage per index, the unfit with their reason, and the daemon", async (t) => {
  const { env, fixture, index } = await twoLogs(t);
  await fixture.fill(fixture.name("not-a-log"), [{ level: "ERROR", blob: {} }]);
  // The newest is the blank one, and the next has a text.
  await runVectorizer(t, ["--once"], { env: { ...env, BACKFILL_BATCH_SIZE: "2" } });

  const table = await runVectorizer(t, ["status"], { env });
  const json = await runVectorizer(t, ["status", "--json"], { env });

  assert.deepEqual([table.code, json.code], [0, 0]);
  const { pending, vectorized, without_text: without, coverage } = printedJson(json, statusShape).total;
  assert.deepEqual({ pending, vectorized, without, coverage }, {
    pending: 2,
    vectorized: 1,
    without: 1,
    coverage: 1 / 3,
  });
  assert.match(table.stdout, new RegExp(`^${index} +4 +1 +2 +1 +33\\.3 % +graph$`, "m"));
  assert.match(table.stdout, /^total +4 +1 +2 +1 +33\.3 %$/m);
  assert.match(table.stdout, new RegExp(`^${fixture.name("not-a-log")} +no field message`, "m"));
  assert.match(table.stdout, /^Daemon: never seen here/m);
});

test("health follows the daemon: never seen, running, stopped", async (t) => {
  const { env } = await twoLogs(t);
  const folder = await temporaryFolder(t);
  const health = () => runVectorizer(t, ["health"], { folder });
  const before = await health();
  const daemon = await startVectorizer(t, [], { folder, env: { ...env, BACKFILL_SCHEDULE: NEVER } });
  await daemon.says(/Cycle #1 summary/);
  let during = await health();
  // The state is saved a moment after the cycle has told of its end.
  for (let tries = 0; tries < 10 && !during.stdout.includes("1 runs"); tries++) {
    during = await health();
  }
  daemon.kill("SIGTERM");
  const stopped = await daemon.ended;
  const after = await health();

  assert.equal(stopped.code, 0, stopped.stdout);
  assert.deepEqual([before.code, during.code, after.code], [1, 0, 1]);
  assert.match(before.stdout, /^Daemon: never seen here/);
  assert.match(during.stdout, new RegExp(`^Daemon: running \\(process ${daemon.pid}\\).*1 runs, 3 vectors`));
  assert.match(after.stdout, /^Daemon: stopped at /);
});

test("run keeps a log file by default, other commands none, and an empty LOG_FILE none at all", async (t) => {
  const { env } = await twoLogs(t);
  const folder = await temporaryFolder(t);
  const file = join(folder, "periodic_enrichment.log");
  const withDefault = { ...env, LOG_FILE: undefined };
  await runVectorizer(t, ["status"], { folder, env: withDefault });
  await runVectorizer(t, ["--once"], { folder, env });
  await assert.rejects(access(file), /ENOENT/);

  const ended = await runVectorizer(t, ["--once"], { folder, env: withDefault });

  assert.equal(await readFile(file, "utf8"), ended.stdout);
});

test("a log file that cannot be written is a warning and no more", async (t) => {
  const { env } = await twoLogs(t);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "file"), "");
  for (const LOG_FILE of [folder, join(folder, "no", "folder"), join(folder, "file", "below")]) {
    const ended = await runVectorizer(t, ["--once", "--json"], { env: { ...env, LOG_FILE } });

    assert.equal(ended.code, 0, ended.stderr);
    printedSummary(ended);
    assert.ok(ended.stderr.includes(`WARN  Log file ${LOG_FILE} cannot be written`), ended.stderr);
    assert.match(ended.stderr, /Cycle #1 summary/);
  }
});

test("a state directory that cannot be written is a warning and no more", async (t) => {
  const { env } = await twoLogs(t);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "file"), "");
  const STATE_DIR = join(folder, "file", "state");

  const daemon = await startVectorizer(t, [], {
    env: { ...env, STATE_DIR, BACKFILL_SCHEDULE: NEVER },
  });
  await daemon.says(/Cycle #1 summary/);
  daemon.kill("SIGINT");
  const ended = await daemon.ended;

  assert.equal(ended.code, 0, ended.stdout);
  assert.equal(ended.stdout.match(/WARN {2}State directory .* cannot be written/g)?.length, 1);
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
const configShape = z.array(
  z.object({
    name: z.string(),
    value: z.string().optional(),
    origin: z.string(),
    note: z.string().optional(),
  }),
);
const statusShape = z.object({
  total: z.object({
    pending: z.number(),
    vectorized: z.number(),
    without_text: z.number(),
    coverage: z.number(),
  }),
});

/** Four to be taken, of which two share their text and one has none; and one of another level. */
async function twoLogs(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index, { mappings: { properties: LOG_PROPERTIES } });
  await fixture.fill(index, [
    errorLog("Disk full"),
    errorLog("Disk full", 1),
    errorLog("Connection refused", 2),
    errorLog(" ", 3),
    { ...errorLog("Started", 4), level: "INFO" },
  ]);
  return { fixture, index, env: fixture.env };
}

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

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
