import assert from "node:assert/strict";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { SAMPLE_LOGS_FOLDER } from "../../../../scripts/bench/sample-logs.ts";
import { inspectLogFile, parseLogFile } from "../../../../scripts/sample-logs/parse-log-file.ts";

async function logFile(t: TestContext, lines: string[], end = "\n") {
  const folder = await mkdtemp(join(tmpdir(), "logs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "app.log");
  await writeFile(path, lines.join(end));
  return path;
}

async function parse(path: string) {
  const entries = [];
  for await (const entry of parseLogFile(path)) entries.push(entry);
  return entries;
}

const messages = async (path: string) => (await parse(path)).map(({ message }) => message);

test("a stack trace joins the record above, though it outnumbers the records", async (t) => {
  const trace = ["java.io.IOException: x", ...Array<string>(40).fill("\tat a.B.c(B.java:1)")];
  const path = await logFile(t, [
    "2024-05-06 10:11:12,345 ERROR [main] a.B: failed",
    ...trace,
    "2024-05-06 10:11:13,345 INFO [main] a.B: went on",
  ]);
  assert.equal((await inspectLogFile(path)).format.name, "log4j");
  assert.deepEqual(await messages(path), [["failed", ...trace].join("\n"), "went on"]);
});

test("line ends of Windows leave no trace", async (t) => {
  const path = await logFile(t, ['{"message":"a"}', '{"message":"b"}', ""], "\r\n");
  assert.deepEqual(await messages(path), ["a", "b"]);
});

test("in a file without levels every record counts as an ERROR", async (t) => {
  const lines = ["a", "b", "c"].map((text) => `Jun 14 15:16:01 web app[1]: ${text}`);
  const path = await logFile(t, [...lines, "Jun 14 15:16:01 web logrotate: ALERT exited"]);
  assert.equal((await inspectLogFile(path)).hasLevels, false);
  assert.deepEqual(new Set((await parse(path)).map(({ level }) => level)), new Set(["ERROR"]));
});

test("in a file with levels a record without one stays without", async (t) => {
  const path = await logFile(t, ['{"level":"INFO","message":"a"}', '{"message":"b"}']);
  assert.equal((await inspectLogFile(path)).hasLevels, true);
  assert.deepEqual(await parse(path), [{ level: "INFO", message: "a" }, { message: "b" }]);
});

test("plain lines are a record each, indented ones join, and blank ones are none", async (t) => {
  const path = await logFile(t, ["one", "  more", "two", "Caused by: x", "", "three"]);
  assert.equal((await inspectLogFile(path)).format.name, "plain lines");
  assert.deepEqual(await messages(path), ["one\n  more", "two\nCaused by: x", "three"]);
});

test("a level at the head of the line is enough", async (t) => {
  const path = await logFile(t, ["[ERROR] a", "INFO: b"]);
  assert.deepEqual(await parse(path), [
    { level: "ERROR", message: "a" },
    { level: "INFO", message: "b" },
  ]);
});

test("lines before the first record are kept", async (t) => {
  const path = await logFile(t, ["starting…", '{"level":"INFO","message":"a"}']);
  assert.deepEqual(await messages(path), ["starting…", "a"]);
});

test("an endless continuation does not fill the memory", async (t) => {
  const path = await logFile(t, [
    '{"message":"a"}',
    ...Array<string>(3000).fill(`\t${"x".repeat(100)}`),
  ]);
  const [only, ...others] = await messages(path);
  assert.deepEqual(others, []);
  assert.ok(only && only.length > 60_000 && only.length <= 64 * 1024);
});

test("an empty file has no records", async (t) => {
  assert.deepEqual(await messages(await logFile(t, [])), []);
});

test("a file that is not there is named in the error", async () => {
  await assert.rejects(inspectLogFile("/no/such/app.log"), /no\/such\/app\.log/);
});

test("the sample errors are all errors, each with time and service", async () => {
  const folder = resolve(import.meta.dirname, "../../../../scripts/sample-logs");
  const entries = await parse(join(folder, "sample-errors.jsonl"));
  assert.ok(entries.length >= 60 && entries.length <= 100, `${entries.length}: one cycle`);
  for (const { level, timestamp, service } of entries) {
    assert.equal(level, "ERROR");
    assert.ok(timestamp && service);
  }
});

const REAL: [file: string, format: string, levels: Record<string, number>][] = [
  ["Hadoop_2k.log", "log4j", { INFO: 1040, WARN: 808, ERROR: 150, FATAL: 2 }],
  ["Zookeeper_2k.log", "log4j", { INFO: 669, WARN: 1318, ERROR: 13 }],
  ["OpenStack_2k.log", "log4j", { INFO: 1969, WARNING: 31 }],
  ["Apache_2k.log", "Apache error log", { notice: 1405, error: 595 }],
  ["Linux_2k.log", "syslog", { ERROR: 2000 }],
];

for (const [name, format, levels] of REAL) {
  const path = join(SAMPLE_LOGS_FOLDER, name);
  const there = await access(path).then(
    () => true,
    () => false,
  );
  const skip = there ? false : "real logs are not here; LOG_VECTORIZER_LOGS names their folder";
  test(`real logs are read to the last line: ${name}`, { skip }, async () => {
    assert.equal((await inspectLogFile(path)).format.name, format);
    const entries = await parse(path);
    const counts = Object.entries(Object.groupBy(entries, ({ level = "none" }) => level));
    assert.deepEqual(Object.fromEntries(counts.map(([at, all = []]) => [at, all.length])), levels);
    assert.equal(entries.filter((entry) => !entry.timestamp || !entry.service).length, 0);
  });
}
