import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { captureLog } from "./captured-log.ts";

test("each event of an alert is one line, and a channel's failure is one for all of its alerts", () => {
  const log = captureLog({ format: "json" });
  const subject = "[critical] OpenSearch does not answer";
  const fault = new Fault("configuration", "slack at https://hooks: 404 no_service", {
    hint: "Check ALERT_SLACK_WEBHOOK_URL.",
  });
  log.events.alertSent({ channel: "email", result: "sent", subject });
  log.events.alertChannelFailed({ channel: "slack", fault });
  log.events.alertSent({ channel: "slack", result: "failed", subject });
  log.events.alertSent({ channel: "webhook", result: "dropped", subject });
  log.events.alertChannelBack({ channel: "slack" });
  assert.deepEqual(log.actions(), [
    "info alert-sent",
    "warn alert-channel-failed",
    "info alert-failed",
    "info alert-dropped",
    "info alert-channel-back",
  ]);
  const [sent, failed] = log.objects();
  assert.partialDeepStrictEqual(sent, { "log_vectorizer.channel": "email" });
  assert.partialDeepStrictEqual(failed, {
    "log_vectorizer.channel": "slack",
    "error.type": "configuration",
  });
  assert.match(String(failed?.["message"]), /404 no_service\. Check ALERT_SLACK_WEBHOOK_URL\.$/);
});

test("a state directory that cannot be written is a warning, and its return no more than a line", () => {
  const log = captureLog({ format: "json" });
  log.events.stateUnwritable({ path: "/state", problem: "EROFS" });
  log.events.stateWritable({ path: "/state" });
  assert.deepEqual(log.actions(), ["warn state-unwritable", "info state-writable"]);
});

test("a mistake of ours beside the work is told with its place", () => {
  const log = captureLog();
  log.events.failedInBackground({ what: "alerts", error: new TypeError("x is not a function") });
  assert.match(log.text(), /ERROR Alerts: TypeError: x is not a function\n +at .*\.test\.ts/);
});
