import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { startOpenSearch } from "../../../../../scripts/local-servers/opensearch.ts";
import { eventually } from "../../../../support/asserts/eventually.ts";
import { testedVersions } from "../../../../support/servers/local-servers.ts";

const MAIN = resolve(import.meta.dirname, "../../../../../scripts/local-servers/main.ts");
const tested = await testedVersions();
const oldest = tested.at(-1) ?? "2.19.1.0";

/** Sends temporary files to a folder of this test's own, so that what is left there is known to be ours. */
async function ownTemporaryFolder(t: TestContext): Promise<string> {
  const before = process.env["TMPDIR"];
  const folder = await mkdtemp(join(tmpdir(), "own-"));
  process.env["TMPDIR"] = folder;
  t.after(async () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

for (const version of tested) {
  test(`OpenSearch ${version} starts with k-NN, and stop() leaves nothing of it`, async (t) => {
    const folder = await ownTemporaryFolder(t);
    const server = await startOpenSearch({ version });
    t.after(() => server.stop());
    const mappings = { properties: { v: { type: "knn_vector", dimension: 3 } } };
    const created = await fetch(`${server.url}/vectors`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ mappings }),
    });
    assert.equal(created.status, 200, await created.text());
    assert.equal((await readdir(folder)).length, 1);

    await server.stop();

    await assert.rejects(fetch(server.url));
    assert.throws(() => process.kill(server.pid, 0), /ESRCH/);
    assert.deepEqual(await readdir(folder), []);
  });
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  test(
    `the server ends with a parent that ${signal} ended`,
    { timeout: 10 * 60_000 },
    async (t) => {
      const folder = await ownTemporaryFolder(t);
      const parent = spawn(process.execPath, [MAIN, "opensearch", "--version", oldest], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      t.after(() => parent.kill("SIGKILL"));
      const [printed] = await once(parent.stdout, "data");
      const url = new URL(String(printed).trim());
      const connection = connect({ host: url.hostname, port: Number(url.port) });
      t.after(() => connection.destroy());
      await once(connection, "connect");

      parent.kill(signal);

      // The server alone closes it: nothing is ever sent.
      await once(connection.resume(), "close");
      await assert.rejects(fetch(url));
      await eventually(async () => (await readdir(folder)).length === 0, t);
    },
  );
}

test("a server that does not start shows why and leaves nothing", async (t) => {
  const folder = await ownTemporaryFolder(t);
  process.env["OPENSEARCH_HEAP"] = "1x";
  t.after(() => delete process.env["OPENSEARCH_HEAP"]);
  await assert.rejects(
    startOpenSearch({ version: oldest }),
    /ended \(1\) while it started\n.*Invalid maximum heap size/s,
  );
  assert.deepEqual(await readdir(folder), []);
});
