import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { folderThatFills } from "../../support/servers/folder-that-fills.ts";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { samplesIn } from "../../support/asserts/metric-samples.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { temporaryFolder } from "../../support/commands/run-command.ts";

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
  await eventually(() => existsSync(`${state}/processes.json`), t);

  await fill();

  await daemon.says(/Cycle #4 summary/);
  await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
  daemon.kill("SIGTERM");
  const { code, stdout } = await daemon.ended;
  assert.equal(code, 0, stdout);
  assert.equal(stdout.match(/State directory .* cannot be written/g)?.length, 1, stdout);
  assert.equal(story.audit.paidOnce(), RECORDS);
});

test("the log file and the state can be written again: both are, and the file says what it lacks", async (t) => {
  const folder = await temporaryFolder(t);
  const [logs, state] = [join(folder, "logs"), join(folder, "state")];
  // A file in the place of a folder stops even root.
  for (const path of [logs, state]) await writeFile(path, "");
  const [port = 0] = await freePorts(1);
  const file = join(logs, "some.log");
  const story = await openBackfillStory(t, {
    logs: { logs: errorLogs(RECORDS) },
    env: { LOG_FILE: file, STATE_DIR: state, HTTP_PORT: String(port) },
  });
  const daemon = await story.daemon();
  await daemon.says(/Cycle #2 summary/);
  const gauges = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const samples = samplesIn(await answer.text());
    const names = ["log_file_writable", "state_dir_writable"];
    return names.map((name) => samples.get(`log_vectorizer_${name}`));
  };
  assert.deepEqual(await gauges(), [0, 0]);

  for (const path of [logs, state]) await rm(path);
  await mkdir(logs);
  daemon.kill("SIGHUP");
  await daemon.says(/Log file \S+ is written again; \d+ lines of it were lost/);
  await daemon.says(/State directory \S+ is writable again/);
  await eventually(async () => (await gauges()).join() === "1,1", t);
  daemon.kill("SIGTERM");
  const { code, stdout } = await daemon.ended;

  assert.equal(code, 0, stdout);
  const written = (await readFile(file, "utf8")).trimEnd().split("\n");
  const lost = Number(/; (\d+) lines of it were lost/.exec(written[0] ?? "")?.[1]);
  // What the other output has and the file has not, less the warning about the file itself.
  const shown = stdout.trimEnd().split("\n");
  assert.equal(shown.length - written.length - 1, lost);
  assert.match(written.at(-1) ?? "", /Stopped$/);
  assert.ok(existsSync(join(state, "processes.json")));
});
