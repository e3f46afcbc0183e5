import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { captureLog } from "./captured-log.ts";

test("what becomes of alerts is one line each, and why a channel fails one for all of them", () => {
  const log = captureLog();
  const subject = "[critical] OpenSearch does not answer";
  const fault = new Fault("configuration", "slack at https://hooks: 404 no_service", {
    hint: "Check ALERT_SLACK_WEBHOOK_URL.",
  });
  log.events.alertSent({ channel: "email", result: "sent", subject });
  log.events.alertChannelFailed({ channel: "slack", fault });
  log.events.alertSent({ channel: "slack", result: "failed", subject });
  log.events.alertSent({ channel: "webhook", result: "dropped", subject });
  log.events.alertChannelBack({ channel: "slack" });
  assert.deepEqual(log.messages(), [
    `INFO  Alert sent by e-mail: ${subject}`,
    "WARN  Alerts cannot be sent by Slack: slack at https://hooks: 404 no_service. Check ALERT_SLACK_WEBHOOK_URL.",
    `INFO  Alert could not be sent by Slack: ${subject}`,
    `INFO  Alert was dropped unsent by ALERT_WEBHOOK_URL: ${subject}`,
    "INFO  Alerts go out by Slack again",
  ]);
});

test("a state directory that cannot be written is a warning, and its return no more than a line", () => {
  const log = captureLog();
  log.events.stateUnwritable({ path: "/state", problem: "EROFS" });
  log.events.stateWritable({ path: "/state" });
  assert.deepEqual(log.messages(), [
    "WARN  State directory /state cannot be written (EROFS); state is kept in memory only. Set STATE_DIR to a folder that can be written.",
    "INFO  State directory /state is writable again: what was kept in memory is stored, and nothing was lost",
  ]);
});

test("a mistake of ours beside the work is told with its place", () => {
  const log = captureLog();
  log.events.failedInBackground({ what: "alerts", error: new TypeError("x is not a function") });
  assert.match(log.text(), /ERROR Alerts: TypeError: x is not a function\n +at .*\.test\.ts/);
});
