import assert from "node:assert/strict";
import { test } from "node:test";
import { captureLog } from "./captured-log.ts";

test("an anomaly is a line when it begins and a line when it ends, with how", () => {
  const log = captureLog();
  const what = {
    series: "embed",
    sentence: "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC",
  };
  log.events.anomalyBegan(what);
  for (const how of ["back", "accepted", "silent"] as const) {
    log.events.anomalyEnded({ ...what, how });
  }
  assert.deepEqual(log.messages(), [
    `WARN  Unusual: ${what.sentence}`,
    `INFO  No longer unusual: it is back in its usual range (${what.sentence})`,
    `INFO  No longer unusual: it has lasted for a day and now counts as usual (${what.sentence})`,
    `INFO  No longer unusual: no more values arrived (${what.sentence})`,
  ]);
});
