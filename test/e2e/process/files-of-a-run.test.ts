import assert from "node:assert/strict";
import { access, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { configAnswerShape } from "../../../src/cli/config.ts";
import { healthAnswerShape } from "../../../src/cli/health.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { fewLogs } from "../../support/commands/few-logs.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { printedAnswer, printedJson, printedSummary } from "../../support/asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../support/commands/run-command.ts";
import { makeCertificates, startTlsProxy, writePem } from "../../support/servers/tls-proxy.ts";

const NEVER = "0 0 1 1 *";

test("a password of the .env file stands as written, # and all", async (t) => {
  const { env, fixture } = await fewLogs(t);
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
  const rows = printedAnswer(shown, configAnswerShape);
  const row = (name: string) => rows.find((one) => one.name === name);
  assert.deepEqual(row("OPENSEARCH_PASSWORD"), {
    name: "OPENSEARCH_PASSWORD",
    value: "***",
    origin: ".env",
  });
  assert.deepEqual(
    [row("BACKFILL_BATCH_SIZE")?.value, row("BACKFILL_BATCH_SIZE")?.origin],
    ["9", "flag"],
  );
  assert.equal(row("OPENSEARCH_INDEX_PATTERN")?.origin, ".env", "an empty value counts as unset");
  const table = await runVectorizer(t, ["config"], { folder });
  assert.match(table.stdout, /OPENSEARCH_PASSWORD +\*\*\* +\.env/);
  assert.ok(!`${table.stdout}${shown.stdout}`.includes("Admin123"));
});

test("status shows coverage per index, the unfit with their reason, and the daemon", async (t) => {
  const { env, fixture, index } = await fewLogs(t);
  await fixture.fill(fixture.name("not-a-log"), [{ level: "ERROR", blob: {} }]);
  // The newest is the blank one, and the next has a text.
  await runVectorizer(t, ["--once"], { env: { ...env, BACKFILL_BATCH_SIZE: "2" } });

  const table = await runVectorizer(t, ["status"], { env });
  const json = await runVectorizer(t, ["status", "--json"], { env });

  assert.deepEqual([table.code, json.code], [0, 0]);
  const {
    pending,
    vectorized,
    without_text: without,
    coverage,
  } = printedJson(json, statusShape).total;
  assert.deepEqual(
    { pending, vectorized, without, coverage },
    {
      pending: 2,
      vectorized: 1,
      without: 1,
      coverage: 1 / 3,
    },
  );
  assert.match(table.stdout, new RegExp(`^${index} +4 +1 +0 +2 +0 +1 +33\\.3 % +graph$`, "m"));
  assert.match(table.stdout, /^total +4 +1 +0 +2 +0 +1 +33\.3 %$/m);
  assert.match(table.stdout, new RegExp(`^${fixture.name("not-a-log")} +no field message`, "m"));
  assert.match(table.stdout, /^Daemon: none has run/m);
});

test("health follows the daemon: never seen, running, stopped", async (t) => {
  const { env } = await fewLogs(t);
  const folder = await temporaryFolder(t);
  const health = () => runVectorizer(t, ["health"], { folder });
  const before = await health();
  const daemon = await startVectorizer(t, [], {
    folder,
    env: { ...env, BACKFILL_SCHEDULE: NEVER },
  });
  await daemon.says(/Cycle #1 summary/);
  let during = await health();
  // The state is saved a moment after the cycle has told of its end.
  await eventually(async () => {
    during = await health();
    return during.stdout.includes("1 run,");
  }, t);
  daemon.kill("SIGTERM");
  const stopped = await daemon.ended;
  const after = await health();

  assert.equal(stopped.code, 0, stopped.stdout);
  assert.deepEqual([before.code, during.code, after.code], [1, 0, 1]);
  assert.match(before.stdout, /^Daemon: none has run/);
  assert.match(
    during.stdout,
    new RegExp(`^Daemon: running \\(process ${daemon.pid}\\).*1 run, 3 vectors`),
  );
  assert.match(after.stdout, /^Daemon: stopped at /);
});

test("a daemon that was killed is not said to run, not even for a moment", async (t) => {
  const { env } = await fewLogs(t);
  const folder = await temporaryFolder(t);
  const daemon = await startVectorizer(t, [], {
    folder,
    env: { ...env, BACKFILL_SCHEDULE: NEVER },
  });
  await daemon.says(/Cycle #1 summary/);
  daemon.kill("SIGKILL");
  await daemon.ended;

  const [line, json] = [
    await runVectorizer(t, ["health"], { folder }),
    await runVectorizer(t, ["health", "--json"], { folder }),
  ];

  assert.deepEqual([line.code, json.code], [1, 1]);
  assert.match(line.stdout, new RegExp(`^Daemon: process ${daemon.pid} died without a stop; `));
  const { healthy, processes } = printedAnswer(json, healthAnswerShape);
  assert.deepEqual(
    [healthy, processes.map(({ pid, state }) => [pid, state])],
    [false, [[daemon.pid, "died"]]],
  );

  const next = await startVectorizer(t, [], { folder, env: { ...env, BACKFILL_SCHEDULE: NEVER } });
  await next.says(/Cycle #1 summary/);
  const after = await runVectorizer(t, ["health"], { folder });
  assert.equal(after.code, 0, after.stdout);
  assert.match(after.stdout, new RegExp(`^Daemon: running \\(process ${next.pid}\\)[^\n]*\n$`));
});

test("of two daemons on one state directory the stop of one leaves the other healthy", async (t) => {
  const { env } = await fewLogs(t);
  const folder = await temporaryFolder(t);
  const start = () => startVectorizer(t, [], { folder, env: { ...env, BACKFILL_SCHEDULE: NEVER } });
  const [one, other] = [await start(), await start()];
  for (const daemon of [one, other]) await daemon.says(/Cycle #1 summary/);
  one.kill("SIGTERM");
  await one.ended;

  const ended = await runVectorizer(t, ["health", "--json"], { folder });

  assert.equal(ended.code, 0, ended.stdout);
  const { processes } = printedAnswer(ended, healthAnswerShape);
  assert.deepEqual(
    new Map(processes.map(({ pid, state }) => [pid, state])),
    new Map([
      [one.pid, "stopped"],
      [other.pid, "running"],
    ]),
  );
});

test("run keeps a log file by default, other commands none, and an empty LOG_FILE none at all", async (t) => {
  const { env } = await fewLogs(t);
  const folder = await temporaryFolder(t);
  const file = join(folder, "periodic_enrichment.log");
  const withDefault = { ...env, LOG_FILE: undefined };
  await runVectorizer(t, ["status"], { folder, env: withDefault });
  await runVectorizer(t, ["--once"], { folder, env });
  await assert.rejects(access(file), /ENOENT/);

  const ended = await runVectorizer(t, ["--once"], { folder, env: withDefault });

  assert.equal(await readFile(file, "utf8"), ended.stdout);
});

for (const how of ["--once", "--drain"]) {
  test(`${how} --quiet, as cron starts it, prints nothing and leaves no log file where all went well`, async (t) => {
    const { env, fixture } = await fewLogs(t);
    // What somebody closed on purpose is no news to be mailed every ten minutes.
    const shut = fixture.name("shut");
    await fixture.fill(shut, [{ level: "ERROR", message: "x" }]);
    await fixture.send("POST", `/${shut}/_close`);
    const folder = await temporaryFolder(t);
    const quiet = { ...env, LOG_FILE: undefined, STATE_DIR: join(folder, "state") };

    const ended = await runVectorizer(t, [how, "--quiet"], { folder, env: quiet });
    const again = await runVectorizer(t, [how, "--quiet"], { folder, env: quiet });

    for (const { code, stdout, stderr } of [ended, again]) {
      assert.deepEqual([code, stdout, stderr], [0, "", ""]);
    }
    assert.deepEqual(await readdir(folder), ["state"]);
    const status = await runVectorizer(t, ["status", "--json"], { folder, env: quiet });
    assert.equal(printedJson(status, statusShape).total.vectorized, 3);
  });
}

test("--quiet prints what went wrong, with the summary; a log file that is asked for has it all", async (t) => {
  const logs = { logs: [errorLog("Disk full"), errorLog("poison", 1)] };
  const story = await openBackfillStory(t, { logs, poison: (message) => message === "poison" });
  const file = join(await temporaryFolder(t), "asked-for.log");

  const ended = await story.run(["--once", "--quiet"], { LOG_FILE: file });

  assert.equal(ended.code, 1, ended.stdout);
  assert.match(ended.stdout, /^\S+ WARN {2}Record [^\n]+\n\S+ INFO {2}Cycle #1 summary: [^\n]+\n$/);
  assert.equal(ended.stderr, "");
  assert.match(await readFile(file, "utf8"), /Periodic enrichment cycle #1 started/);
});

test("--quiet with OpenSearch away is one error, exit 3", async (t) => {
  const env = {
    OPENSEARCH_URL: "http://127.0.0.1:1",
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: "hashing",
  };
  const ended = await runVectorizer(t, ["--once", "--quiet"], { env });
  assert.equal(ended.code, 3);
  assert.match(ended.stdout, /^\S+ ERROR Cycle #1 failed: [^\n]*connection refused[^\n]*\n$/);
});

test("--quiet is for a run by hand, and not beside --json", async (t) => {
  for (const [args, said] of [
    [["--quiet"], /error: --quiet needs --once or --drain/],
    [["--once", "--quiet", "--json"], /'--quiet' cannot be used with option '--json'/],
  ] as const) {
    const ended = await runVectorizer(t, args);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, said);
  }
});

test("a log file that cannot be written is a warning and no more", async (t) => {
  const { env } = await fewLogs(t);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "file"), "");
  for (const LOG_FILE of [folder, join(folder, "file", "below")]) {
    const ended = await runVectorizer(t, ["--once", "--json"], { env: { ...env, LOG_FILE } });

    assert.equal(ended.code, 0, ended.stderr);
    printedSummary(ended);
    assert.ok(ended.stderr.includes(`WARN  Log file ${LOG_FILE} cannot be written`), ended.stderr);
    assert.match(ended.stderr, /Cycle #1 summary/);
  }
});

test("a state directory that cannot be written is a warning and no more", async (t) => {
  const { env } = await fewLogs(t);
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

const statusShape = z.object({
  total: z.object({
    pending: z.number(),
    vectorized: z.number(),
    without_text: z.number(),
    coverage: z.number(),
  }),
});
