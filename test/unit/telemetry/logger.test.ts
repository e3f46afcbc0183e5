import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { withContext } from "../../../src/telemetry/log-context.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { captureLog } from "./captured-log.ts";

const SECRET = "Admin123!@#";

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "logger-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Closes it on a disk that may take its time: the second after which nobody waits for that is never over. */
async function closed(t: TestContext, { logger }: ReturnType<typeof captureLog>): Promise<void> {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await logger.close();
  t.mock.timers.reset();
}

for (const format of ["human", "json"] as const) {
  test(`no secret gets into a ${format} line, in message or fields`, () => {
    const log = captureLog({ format, secrets: [SECRET] });
    log.logger.log("error", `login with ${SECRET} at https://u:Admin123!%40%23@host`, {
      "error.message": `refused: ${SECRET}`,
      nested: { list: [`u:${encodeURIComponent(SECRET)}`] },
    });
    assert.match(log.text(), /\*\*\*/);
    assert.doesNotMatch(log.text(), /Admin123/);
  });

  test(`terminal escapes stay harmless in a ${format} line`, () => {
    const log = captureLog({ format });
    log.logger.log("warn", "\u001b[2J\u009b1m gone\u0007");
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.doesNotMatch(log.text(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.match(log.text(), /\\u001b\[2J/);
  });
}

for (const secret of ['pass"word', "pass\\word", "pass\tword", "pässword😀"]) {
  test(`a secret with ${JSON.stringify(secret)} in it is masked in a JSON line`, () => {
    const log = captureLog({ format: "json", secrets: [secret] });
    log.logger.log("info", `it is ${secret}!`, { other: secret });
    assert.partialDeepStrictEqual(log.objects()[0], { message: "it is ***!", other: "***" });
  });
}

test("a secret that looks like a number or a word of JSON does not break the line", () => {
  const log = captureLog({ format: "json", secrets: ["0000", "null", "true", "info"] });
  log.logger.log("info", "pin 0000", { "event.duration": 120_000, a: null, b: true });
  const [object] = log.objects();
  assert.equal(object?.["message"], "pin ***");
  assert.equal(object["event.duration"], 120_000);
});

test("a server's answer of several lines does not forge a line of ours", () => {
  const log = captureLog();
  const forged = "2026-01-02T03:04:05Z INFO  all is well";
  const fault = new Fault("record", `refused the update: mapper_parsing: preview\n${forged}`);
  log.events.recordFailed({ index: "a", id: "1", outcome: "quarantined", fault });
  assert.ok(!log.lines().includes(forged));
});

test("lines below the level are left out", () => {
  const log = captureLog({ level: "warn" });
  for (const level of ["error", "warn", "info", "debug"] as const) log.logger.log(level, level);
  assert.deepEqual(log.messages(), ["ERROR error", "WARN  warn"]);
});

test("the log file has every line when the logger is closed", async (t) => {
  const file = join(await temporaryFolder(t), "some.log");
  const log = captureLog({ file });
  for (let i = 0; i < 500; i++) log.logger.log("info", `line ${i}`);
  await closed(t, log);
  assert.equal(await readFile(file, "utf8"), log.text());
  assert.equal(log.lines().length, 500);
});

test("the existing content of the log file stays", async (t) => {
  const file = join(await temporaryFolder(t), "some.log");
  for (const message of ["first run", "second run"]) {
    const log = captureLog({ file });
    log.logger.log("info", message);
    await closed(t, log);
  }
  assert.match(await readFile(file, "utf8"), /first run\n.*second run\n$/);
});

test("the folder of a log file is made where it is missing", async (t) => {
  const file = join(await temporaryFolder(t), "missing", "some.log");
  const log = captureLog({ file });
  log.logger.log("info", "on we go");
  await closed(t, log);
  assert.match(await readFile(file, "utf8"), /on we go\n$/);
  assert.deepEqual(log.messages(), ["INFO  on we go"]);
});

for (const [what, unwritable] of [
  ["that is a device", () => "/dev/full"],
  ["that is a folder", (folder: string) => folder],
] as const) {
  test(`a log file ${what} is worth one warning, and no line is lost elsewhere`, async (t) => {
    const log = captureLog({ file: unwritable(await temporaryFolder(t)) });
    for (let i = 0; i < 1000; i++) {
      log.logger.log("info", `line ${i} ${"x".repeat(200)}`);
      if (i % 100 === 0) await settled();
    }
    await eventually(() => log.lines().length > 1000, t);
    const warnings = log.messages().filter((line) => line.startsWith("WARN "));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /Log file .* cannot be written \(.*it is not a file/);
    assert.equal(log.lines().length, 1001);
  });
}

for (const [when, warned] of [
  ["before the end", 1],
  ["at the very end", 0],
] as const) {
  test(`a log file that fails ${when} does not make that a crash, and is told of`, async (t) => {
    const log = captureLog({ file: await temporaryFolder(t) });
    const warnings = () => log.messages().filter((line) => line.startsWith("WARN "));
    log.logger.log("info", "first");
    await eventually(() => warnings().length >= warned, t);
    log.logger.log("info", "last");
    await closed(t, log);
    await eventually(() => warnings().length === 1, t);
    assert.ok(log.messages().includes("INFO  last"));
  });
}

test("a log file is rotated before it fills the disk", async (t) => {
  const folder = await temporaryFolder(t);
  const log = captureLog({ file: join(folder, "some.log") });
  const megabyte = "x".repeat(1_000_000);
  for (let round = 0; round < 7; round++) {
    for (let i = 0; i < 10; i++) log.logger.log("info", megabyte);
    log.logger.log("info", `end of round ${round}`);
    await eventually(() => endsWith(folder, `end of round ${round}\n`), t);
  }
  await closed(t, log);
  const files = (await readdir(folder)).toSorted();
  assert.equal(files.length, 5, files.join(", "));
  for (const file of files) assert.ok((await stat(join(folder, file))).size < 12_000_000, file);
});

/** Whether the newest or second newest log file ends so; a rotation may have come after the line. */
async function endsWith(folder: string, end: string): Promise<boolean> {
  for (const name of ["some.log", "some.log.1"]) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    if (text.endsWith(end)) return true;
  }
  return false;
}

test("a JSON line says who wrote it, by the names of ECS", () => {
  const log = captureLog({ format: "json", service: { environment: "production" } });
  log.logger.log("info", "on we go", { "event.action": "tail-resumed" });
  const [{ "@timestamp": at, ...line } = {}] = log.objects();
  assert.match(String(at), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(line, {
    "log.level": "info",
    message: "on we go",
    "ecs.version": "8.11.0",
    "service.name": "log-vectorizer",
    "service.version": "1.2.3",
    "service.environment": "production",
    "service.node.name": "some-host:42",
    "host.hostname": "some-host",
    "process.pid": 42,
    "event.dataset": "log-vectorizer.log",
    "event.action": "tail-resumed",
  });
});

test("a human line has none of that", () => {
  const log = captureLog({ service: { environment: "production" } });
  withContext({ cycle: "ab-1" }, () => log.logger.log("info", "on we go"));
  assert.deepEqual(log.messages(), ["INFO  on we go"]);
});

test("a fault is told by kind and message, a mistake of ours with the place where it was made", () => {
  const log = captureLog({ format: "json" });
  log.events.cycleFailed({ cycle: 1, error: new Fault("rate", "fake: slow down") });
  log.events.cycleFailed({ cycle: 2, error: new TypeError("no such thing") });
  const [fault, bug] = log.objects();
  assert.deepEqual([fault?.["error.type"], fault?.["error.message"]], ["rate", "fake: slow down"]);
  assert.equal(fault?.["error.stack_trace"], undefined);
  assert.equal(bug?.["error.type"], "bug");
  assert.match(String(bug["error.stack_trace"]), /TypeError: no such thing\n.*logger\.test\.ts/);
});
