import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openAlertsInbox } from "../../support/servers/alerts-inbox.ts";
import { folderThatFills } from "../../support/servers/folder-that-fills.ts";
import { httpDaemon } from "../../support/servers/http-daemon.ts";
import { errorLog, newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { startVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";
import { eventually } from "../../support/asserts/eventually.ts";

const BLOCK = "index.blocks.read_only_allow_delete";

/** A daemon that tells people within seconds, and runs a cycle when it is asked to. */
async function setUp(t: TestContext) {
  const [logs, inbox, folder] = await Promise.all([
    newestOpenSearch(t),
    openAlertsInbox(t),
    temporaryFolder(t),
  ]);
  const { env, stub, url } = await httpDaemon(t, logs);
  const state = join(folder, "state");
  const fillState = await folderThatFills(state);
  const more = { OPENAI_API_KEY: "sk-test-0123456789" };
  let indices = 0;
  /** Something to embed. */
  const fill = async () => {
    const round = indices++;
    const index = logs.name(`logs-${round}`);
    await logs.create(index);
    const texts = Array.from({ length: 3 }, (_, i) => `Round ${round}: request ${i} failed`);
    await logs.fill(index, texts.map(errorLog));
    return index;
  };
  await fill();
  const start = (settings: Record<string, string> = {}) =>
    startVectorizer(t, [], {
      folder,
      env: { ...env, ...inbox.env, ...more, STATE_DIR: state, LOG_FORMAT: "json", ...settings },
    });
  let daemon = await start();
  let receivedBefore = 0;
  const cycles = () => eventsOf(daemon.printed(), "cycle-ended").length;
  await eventually(() => cycles() === 1, t);
  return {
    logs,
    inbox,
    stub,
    state,
    fillState,
    fill,
    async cycle() {
      const before = cycles();
      // The one before may not be over yet.
      await eventually(
        async () => (await fetch(`${url}/api/v1/cycle`, { method: "POST" })).status === 202,
        t,
      );
      await eventually(() => cycles() > before, t);
    },
    async stop() {
      // What it does not know yet to have been sent, the next one sends again.
      await eventually(() => {
        const sent = eventsOf(daemon.printed(), "alert-sent").length;
        return sent === inbox.received() - receivedBefore;
      }, t);
      daemon.kill("SIGTERM");
      const ended = await daemon.ended;
      assert.equal(ended.code, 0, ended.stdout);
      return ended.stdout;
    },
    async startAgain(settings?: Record<string, string>) {
      receivedBefore = inbox.received();
      daemon = await start(settings);
      await eventually(() => cycles() === 1, t);
    },
  };
}

test(
  "an embedder that refuses the key, is out of money or hangs: each is told once, and its end, over a restart too",
  { timeout: 15 * 60_000 },
  async (t) => {
    const { inbox, stub, fill, cycle, stop, startAgain } = await setUp(t);
    await fill();
    stub.setFault({ kind: "unauthorized" });
    await cycle();
    const refused = await inbox.untilTold(/\[critical\] The embedder refuses every request/);
    assert.match(refused, /What: openai at .*: 401 Incorrect API key/);
    assert.match(refused, /Impact: \d+ records wait for a vector; nothing is lost\./);
    assert.match(refused, /To do: .*OPENAI_API_KEY/);
    // What is told already is not told again by the next process.
    await stop();
    await startAgain();
    stub.setFault(null);
    await cycle();
    await inbox.untilTold(/\[resolved\] The embedder refused every request/);

    await fill();
    stub.setFault({ kind: "insufficient_quota" });
    await cycle();
    assert.match(
      await inbox.untilTold(/\[critical\] The embedder refuses every request/),
      /What: .*exceeded your current quota/,
    );
    stub.setFault(null);
    await cycle();
    await inbox.untilTold(/\[resolved\] The embedder refused every request/);

    await fill();
    stub.setFault({ kind: "hangs" });
    await stop();
    await startAgain({ EMBEDDING_TIMEOUT_SECONDS: "1" });
    assert.match(
      await inbox.untilTold(/\[critical\] The embedder does not answer/),
      /What: .*no answer within 1 s/,
    );
    stub.setFault(null);
    // With time enough for an answer that comes late.
    await stop();
    await startAgain();
    await inbox.untilTold(/\[resolved\] The embedder did not answer/);

    await stop();
    assert.deepEqual(inbox.rest(), []);
  },
);

test(
  "a disk that is full, for the state and in OpenSearch, is told, and that there is room again",
  { timeout: 15 * 60_000 },
  async (t) => {
    const { logs, inbox, state, fillState, fill, cycle, stop } = await setUp(t);
    const index = await fill();
    await logs.send("PUT", `/${index}/_settings`, { [BLOCK]: true });
    await fillState();
    await cycle();
    assert.match(
      await inbox.untilTold(/\[critical\] The state directory cannot be written/),
      /What: State directory .* cannot be written \(E/,
    );
    const full = await inbox.untilTold(new RegExp(`\\[warning\\] Index ${index} is skipped`));
    assert.match(full, /What: .*flood stage/);
    assert.match(full, /Impact: its records get no vector\./);
    await rm(state);
    await logs.send("PUT", `/${index}/_settings`, { [BLOCK]: null });
    await cycle();
    await inbox.untilTold(/\[resolved\] The state directory could not be written/);
    await inbox.untilTold(new RegExp(`\\[resolved\\] Index ${index} was skipped`));
    await stop();
    assert.deepEqual(inbox.rest(), []);
  },
);
