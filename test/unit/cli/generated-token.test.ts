import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { startVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";

/** As in a container that has no settings but these, with an OpenSearch that is not there yet. */
async function setUp(t: TestContext) {
  const folder = await temporaryFolder(t);
  const [port = 0, closed = 0] = await freePorts(2);
  const state = join(folder, "state");
  const env = {
    OPENSEARCH_URL: `http://127.0.0.1:${closed}`,
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: "hashing",
    HTTP_HOST: "0.0.0.0",
    HTTP_PORT: String(port),
    STATE_DIR: state,
  };
  const start = async (settings: Record<string, string>) => {
    const daemon = await startVectorizer(t, [], { folder, env: { ...env, ...settings } });
    await daemon.says(/\bbackfill|\bstarted\b/i);
    return daemon;
  };
  return { port, start, file: join(state, "http-token.json"), page: `http://127.0.0.1:${port}` };
}

async function statusWith(page: string, token: string): Promise<number> {
  const response = await fetch(`${page}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  return response.status;
}

const LINE = /Page: (\S+) · sign in with ([0-9a-f]{48}), the generated token /;

test("without HTTP_TOKEN a daemon that may generate one prints it with its page, and keeps it over a restart", async (t) => {
  const { port, start, file, page } = await setUp(t);
  const generate = { HTTP_TOKEN_GENERATE: "true" };
  const first = await start(generate);
  const [, url, token = ""] = LINE.exec(first.printed()) ?? [];
  assert.equal(url, `http://localhost:${port}/`);
  assert.equal(await statusWith(page, token), 200);
  assert.equal(await statusWith(page, "another-token-of-32-characters-01"), 401);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  first.kill("SIGTERM");
  await first.ended;

  const elsewhere = "http://localhost:19464/";
  const again = await start({ ...generate, ALERT_PAGE_URL: elsewhere });
  assert.deepEqual(LINE.exec(again.printed())?.slice(1), [elsewhere, token]);
});

test("with HTTP_TOKEN set nothing is generated, kept or printed", async (t) => {
  const { start, file, page } = await setUp(t);
  const token = "a-token-of-32-characters-0123456";
  const daemon = await start({ HTTP_TOKEN_GENERATE: "true", HTTP_TOKEN: token });
  assert.equal(await statusWith(page, token), 200);
  assert.doesNotMatch(daemon.printed(), /sign in with/);
  assert.ok(!daemon.printed().includes(token));
  await assert.rejects(readFile(file), { code: "ENOENT" });
});

test("a saved value that is not a token is replaced by one", async (t) => {
  const { start, file } = await setUp(t);
  const generate = { HTTP_TOKEN_GENERATE: "true" };
  const first = await start(generate);
  first.kill("SIGTERM");
  await first.ended;
  await writeFile(file, '{"token":""}');
  assert.match((await start(generate)).printed(), LINE);
});
