import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { groupOf } from "../../../../src/domain/group.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { runVectorizer, startVectorizer } from "../../../support/commands/run-command.ts";
import { startAlertReceiver } from "../../../support/servers/alert-receiver.ts";
import { onEachOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import { OWN_INDICES, withoutOwnIndices } from "../../../support/servers/real-memory.ts";
import { cleanFixture } from "../../setup/alone/cluster-setup.ts";

const MINUTE = 60_000;

/** An index of logs, the own indices, and a channel. Each daemon has a state directory of its own. */
async function setUp(t: TestContext, version: OpenSearchVersion) {
  const fixture = await cleanFixture(t, version);
  await withoutOwnIndices(t, fixture);
  const index = fixture.name("logs");
  await fixture.create(index);
  const receiver = await startAlertReceiver(t);
  const env = {
    ...fixture.env,
    BACKFILL_SCHEDULE: "*/2 * * * * *",
    EPISODE_QUIET_MINUTES: "3",
    EPISODE_QUIET_FACTOR: "0",
    ALERT_SLACK_WEBHOOK_URL: `${receiver.url}/hook`,
    ALERT_PAGE_URL: "https://logs.example.com/",
  };
  const run = (...args: string[]) => runVectorizer(t, args, { env });
  assert.equal((await run("init", "--memory")).code, 0);
  let ids = 0;
  return {
    fixture,
    index,
    run,
    daemon: (more: Record<string, string> = {}) =>
      startVectorizer(t, [], { env: { ...env, ...more } }),
    /** So many records of that age. */
    async log(message: string, count: number, minutesAgo = 0, names: Record<string, string> = {}) {
      for (let i = 0; i < count; i++) {
        const source = {
          "@timestamp": new Date(Date.now() - minutesAgo * MINUTE).toISOString(),
          level: "ERROR",
          message,
          "service.name": "payment",
          ...names,
        };
        await fixture.send("PUT", `/${index}/_doc/log-${ids++}?refresh=true`, source);
      }
    },
    /** What was told, one text for each thing. */
    told: () =>
      receiver.texts().flatMap((text) => text.split("\n\n").filter((one) => /^\*?\[/.test(one))),
    async until(what: RegExp, told: () => string[]) {
      await eventually(() => told().some((one) => what.test(one)), t);
    },
    vectors: async () =>
      [...(await fixture.documents(index)).values()].filter((one) => "log_vector" in one.source)
        .length,
  };
}

await onEachOpenSearch((version) => {
  test("two daemons tell each thing once: a new error, and that it is back, with what a person wrote of it", async (t) => {
    const { run, daemon, log, told, until } = await setUp(t, version);
    const daemons = [await daemon(), await daemon()];
    const before = { "host.name": "db-1", "service.version": "1.2" };
    await log("Connection 1 refused", 3, 20, before);
    await until(/\[new\] payment: Connection/, told);
    const { group } = groupOf({ text: "Connection 1 refused", service: "payment" });
    const note = ["--cause", "the pool was exhausted", "--fix", "restart it"];
    const noted = await run("note", "add", group, ...note);
    assert.equal(noted.code, 0, noted.stderr);
    await log("Connection 22 refused", 2, 0, { ...before, "host.name": "db-3" });
    await until(/\[back, like a past case\]/, told);
    const third = await daemon();
    await log("Disk full", 3);
    await until(/\[new\] payment: Disk full/, told);
    for (const one of [...daemons, third]) one.kill("SIGTERM");
    for (const one of [...daemons, third]) await one.ended;

    assert.deepEqual(
      told().map((one) => /\[.*?\]/.exec(one)?.[0]),
      ["[new]", "[back, like a past case]", "[new]"],
    );
    const back = told().find((one) => one.includes("[back"));
    assert.match(back ?? "", /Cause: the pool was exhausted\. Action: restart it\./);
    assert.match(back ?? "", /Other this time: host db-3 instead of db-1\.\n/);
    assert.match(back ?? "", new RegExp(`this https://logs.example.com/errors/${group}, that `));
    const shown = JSON.parse((await run("groups", "show", group, "--json")).stdout);
    assert.deepEqual([shown.state, shown.count, shown.episodes.length], ["new", 5, 2]);
  });

  test("muted is told by nothing; resolved is back with its next record; old records tell nothing", async (t) => {
    const { run, daemon, log, told, until } = await setUp(t, version);
    const { group } = groupOf({ text: "Disk full", service: "payment" });
    await log("Disk full", 3);
    await log("Connection refused", 90, 180);
    const running = await daemon({ BACKFILL_BATCH_SIZE: "100" });
    await until(/\[new\] payment: Disk full/, told);
    assert.equal((await run("groups", "resolve", group, "--by", "kim")).code, 0);
    await log("Disk full", 1);
    await until(/\[back, was resolved\] payment: Disk full/, told);
    assert.equal((await run("groups", "mute", group, "--by", "kim")).code, 0);
    await log("Disk full", 50);
    await log("Order failed", 3);
    await until(/\[new\] payment: Order failed/, told);
    running.kill("SIGTERM");
    await running.ended;
    assert.deepEqual(
      told().map((one) => /\[.*?\] \w+: \w+/.exec(one)?.[0]),
      ["[new] payment: Disk", "[back, was resolved] payment: Disk", "[new] payment: Order"],
    );
  });

  for (const name of OWN_INDICES) {
    for (const [trouble, path, body] of [
      ["closed", `/${name}/_close`, undefined],
      ["deleted", `/${name}`, undefined],
      ["blocked for writes", `/${name}/_settings`, { "index.blocks.write": true }],
    ] as const) {
      test(`${name} is ${trouble}: every record gets its vector, and the log says what is wrong`, async (t) => {
        const { fixture, daemon, log, told, until, vectors } = await setUp(t, version);
        const method = { closed: "POST", deleted: "DELETE", "blocked for writes": "PUT" }[trouble];
        await fixture.send(method, path, body);
        await log("Disk full", 3);
        const running = await daemon();
        await eventually(async () => (await vectors()) === 3, t);
        // Notes are only read, for what is told.
        if (name.endsWith("notes")) await until(/\[new\] payment: Disk full/, told);
        else await running.says(/The memory of errors cannot be used: /);
        await log("Disk full", 2);
        await eventually(async () => (await vectors()) === 5, t);
        running.kill("SIGTERM");
        const ended = await running.ended;
        assert.doesNotMatch(ended.stderr + ended.stdout, /paused|\n {4}at /);
        if (name.endsWith("episodes")) assert.deepEqual(told(), [], "it is unknown what was told");
      });
    }
  }
});
