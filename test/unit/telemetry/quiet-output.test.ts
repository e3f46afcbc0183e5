import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { createQuietOutput } from "../../../src/telemetry/quiet-output.ts";
import { captureLog } from "./captured-log.ts";

const SUMMARY = "Cycle #1 summary: duration 1.00 s";

function quietLog(format: "human" | "json" = "human") {
  let printed = "";
  const quiet = createQuietOutput({ write: (text) => (printed += String(text)).length > 0 });
  const { logger, events } = captureLog({ format, stream: quiet.stream });
  const summary = () => logger.log("info", SUMMARY, { "event.action": "cycle-ended" });
  const lines = () => printed.split("\n").filter((line) => line !== "");
  return { logger, events, quiet, summary, lines };
}

test("a run in which all went well prints nothing", async () => {
  const { logger, events, quiet, summary, lines } = quietLog();
  events.cycleStarted({ cycle: 1, drain: false });
  events.recordsFound({ found: 3, partial: false, levels: ["ERROR"], durationMs: 1 });
  events.indexUnfit({ index: "old", reason: "closed", intentional: true });
  summary();
  await logger.close();
  quiet.conclude(false);
  assert.deepEqual(lines(), []);
});

test("a warning or an error is printed at once, and the summary at the end", async () => {
  for (const format of ["human", "json"] as const) {
    const { logger, events, quiet, summary, lines } = quietLog(format);
    events.cycleStarted({ cycle: 1, drain: false });
    events.waiting({ fault: new Fault("rate", "openai: slow down"), waitMs: 1000 });
    assert.match(lines().join("\n"), /^[^\n]*openai: slow down; trying again in 1\.0 s[^\n]*$/);
    summary();
    await logger.close();
    assert.equal(lines().length, 1);
    quiet.conclude(false);
    assert.equal(lines().length, 2);
    assert.match(lines()[1] ?? "", /Cycle #1 summary/);
  }
});

test("a run that did not do all prints its summary, warned or not", async () => {
  const { logger, quiet, summary, lines } = quietLog();
  summary();
  await logger.close();
  quiet.conclude(true);
  assert.match(lines().join("\n"), /^\S+ INFO {2}Cycle #1 summary[^\n]*$/);
});

test("lines logged after the logger's end are printed too", async () => {
  const { logger, lines } = quietLog();
  await logger.close();
  logger.log("warn", "the file is gone");
  assert.match(lines().join("\n"), /WARN {2}the file is gone/);
});
