import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { openBackfillStory } from "../support/backfill-story.ts";
import { eventually } from "../support/eventually.ts";
import { folderThatFills } from "../support/folder-that-fills.ts";
import { errorLogs } from "../support/open-search-fixture.ts";

const RECORDS = 12;
const skip = existsSync("/dev/full") ? false : "a device that is always full is Linux's";

test(
  "the disk is full for the log file and the state: the daemon says so once and does its work",
  { skip },
  async (t) => {
    const story = await openBackfillStory(t, {
      logs: { logs: errorLogs(RECORDS) },
      env: { BACKFILL_BATCH_SIZE: "4", LOG_FILE: "/dev/full" },
    });
    const state = story.env["STATE_DIR"] ?? "";
    // Permissions do not stop root; a file in the place of the folder does.
    await writeFile(dirname(state) + "/state", "");

    const daemon = await story.daemon();
    await daemon.says(/Cycle #4 summary/);
    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    daemon.kill("SIGTERM");
    const { code, stdout, stderr } = await daemon.ended;

    assert.equal(code, 0, stdout);
    assert.match(stdout, /Stopped\n$/);
    const times = (pattern: RegExp) => stdout.match(pattern)?.length ?? 0;
    assert.equal(times(/WARN {2}Log file \/dev\/full cannot be written/g), 1, stdout);
    assert.equal(times(/WARN {2}State directory .* cannot be written/g), 1, stdout);
    assert.doesNotMatch(stdout + stderr, /\n {4}at /, "a stack trace");
    assert.equal(story.audit.paidOnce(), RECORDS);
  },
);

test("the state directory goes away in mid-run: the daemon says so once and does its work", async (t) => {
  const story = await openBackfillStory(t, {
    logs: { logs: errorLogs(RECORDS) },
    env: { BACKFILL_BATCH_SIZE: "4" },
  });
  const state = story.env["STATE_DIR"] ?? "";
  const fill = await folderThatFills(state);
  const daemon = await story.daemon();
  await daemon.says(/Cycle #1 summary/);
  await eventually(() => existsSync(`${state}/daemon.json`), t);

  await fill();

  await daemon.says(/Cycle #4 summary/);
  await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
  daemon.kill("SIGTERM");
  const { code, stdout } = await daemon.ended;
  assert.equal(code, 0, stdout);
  assert.equal(stdout.match(/State directory .* cannot be written/g)?.length, 1, stdout);
  assert.equal(story.audit.paidOnce(), RECORDS);
});
