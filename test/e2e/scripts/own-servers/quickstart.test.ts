import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { skipWithout } from "../../../../scripts/models/model-folder.ts";
import { eventually } from "../../../support/asserts/eventually.ts";

const QUICKSTART = resolve(import.meta.dirname, "../../../../scripts/start-quickstart.mjs");
const TIMEOUT_MS = 10 * 60_000;

/** Starts the quickstart with temporary files of its own and settings that it must not follow. */
async function quickstart(t: TestContext, args: string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), "quickstart-test-"));
  const child = spawn(process.execPath, [QUICKSTART, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TMPDIR: folder,
      OPENSEARCH_USER: "admin",
      OPENSEARCH_INDEX_PATTERN: "other_*",
      BACKFILL_SCHEDULE: "nonsense",
    },
  });
  t.after(() => child.kill("SIGKILL"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  let output = "";
  const seen = new Map<string, () => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const [wanted, resume] of seen) if (output.includes(wanted)) resume();
    });
  }
  const closed = once(child, "close");
  return {
    child,
    folder,
    printed: (wanted: string) => new Promise<void>((resume) => seen.set(wanted, resume)),
    async end() {
      const [code] = await closed;
      return { code, output };
    },
  };
}

test(
  "the quickstart takes the samples from 0 to 100 % and finds errors like one",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const { folder, end } = await quickstart(t);
    const { code, output } = await end();
    assert.equal(code, 0, output);
    assert.match(
      output,
      /Coverage before[^]*total +62 +0 +0 +62 [^]*Coverage after[^]*total +62 +62 +0 +0 /,
    );
    if (skipWithout("all-minilm-l6-v2") === false) {
      assert.match(
        output,
        /6\. Errors that mean "slow SQL aborted"[^]*0\.\d{3} .*Query cancelled after/,
      );
    } else {
      assert.match(
        output,
        /6\. Errors like[^]*0\.\d{3} .* invoice-worker +ERROR +.*database connection/,
      );
    }
    if (skipWithout("use-multilingual-v3") === false) {
      assert.match(output, /in Korean[^]*비밀번호[^]*0\.\d{3} .*Login of account/);
    }
    assert.match(
      output,
      /[78]\. A fresh log through Kafka[^]*Its vector was there \d+\.\d s later/,
    );
    assert.deepEqual(await readdir(folder), [], "nothing is left behind");
  },
);

test(
  "the user's own logs are drained where one cycle does not do",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const own = await mkdtemp(join(tmpdir(), "own-logs-"));
    t.after(() => rm(own, { recursive: true, force: true }));
    const lines = Array.from({ length: 250 }, (_, at) => `disk ${at} of rack ${at % 7} is full`);
    await writeFile(join(own, "plain.log"), `${lines.join("\n")}\n`);
    const { end } = await quickstart(t, ["--all-errors", "--logs", join(own, "plain.log")]);
    const { code, output } = await end();
    assert.equal(code, 0, output);
    assert.match(output, /No level was recognised, so every record in it counts as an ERROR/);
    assert.match(output, /log-vectorizer --drain/);
    assert.match(output, /Coverage after[^]*total +250 +250 +0 /);
  },
);

test(
  "the printed command stops all that --keep leaves running, and nothing is left",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const { folder, end } = await quickstart(t, ["--keep"]);
    const { code, output } = await end();
    const command = /To stop them: (.*)/.exec(output)?.[1] ?? assert.fail(output);
    let stopped = false;
    t.after(() => stopped || spawn("sh", ["-c", command], { stdio: "ignore" }));
    assert.equal(code, 0, output);
    const page = /http:\/\/127\.0\.0\.1:\d+\/$/m.exec(output)?.[0] ?? assert.fail(output);
    assert.equal((await fetch(`${page}health`)).status, 200);
    await once(spawn("sh", ["-c", command], { stdio: "inherit" }), "close");
    stopped = true;
    // The servers remove their own folders at their end.
    await eventually(async () => (await readdir(folder)).length === 0, t);
    await assert.rejects(fetch(`${page}health`));
  },
);

test(
  "Ctrl-C in the middle stops the server and leaves nothing",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const { child, folder, printed, end } = await quickstart(t);
    await printed("3. Coverage before");
    child.kill("SIGINT");
    const { code, output } = await end();
    assert.equal(code, 130, output);
    assert.deepEqual(await readdir(folder), []);
  },
);

test("where no level is recognised it says so, shows two lines as they were read, and starts nothing", async (t) => {
  const own = await mkdtemp(join(tmpdir(), "own-logs-"));
  t.after(() => rm(own, { recursive: true, force: true }));
  await writeFile(join(own, "odd.log"), "≈ disk 1 ≈ bad ≈\n≈ disk 2 ≈ bad ≈\n≈ disk 3 ≈ bad ≈\n");
  const { end } = await quickstart(t, ["--logs", join(own, "odd.log")]);
  const { code, output } = await end();
  assert.equal(code, 2, output);
  assert.match(
    output,
    /No level was recognised in \S+odd\.log, read as plain lines:\n {2}≈ disk 1/,
  );
  assert.match(output, /≈ disk 2 ≈ bad ≈\nNothing was started.*--all-errors/s);
  assert.doesNotMatch(output, /disk 3|OpenSearch/);
});

test("a file that is not text is refused by name", async (t) => {
  const own = await mkdtemp(join(tmpdir(), "own-logs-"));
  t.after(() => rm(own, { recursive: true, force: true }));
  await writeFile(join(own, "system.journal"), Buffer.from("LPKSHHRH\0\0\0\0\0\0\0\0"));
  const { end } = await quickstart(t, ["--logs", join(own, "system.journal")]);
  const { code, output } = await end();
  assert.equal(code, 2, output);
  assert.match(output, /system\.journal is no text but looks like a journal: .*journalctl/);
});

test("a file that is not there ends it before anything is started", async (t) => {
  const { end } = await quickstart(t, ["--logs", "/no/such/app.log"]);
  const { code, output } = await end();
  assert.equal(code, 1);
  assert.match(output, /no\/such\/app\.log/);
  assert.doesNotMatch(output, /OpenSearch/);
});
