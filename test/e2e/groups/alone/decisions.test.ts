import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { groupAnswerShape, groupsAnswerShape } from "../../../../src/analysis/group-answers.ts";
import { groupOf } from "../../../../src/domain/group.ts";
import { groupShape } from "../../../../src/domain/memory/group.ts";
import {
  exactly,
  outcomesOf,
  printedAnswer,
  printedError,
  printedSummary,
} from "../../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../../support/commands/run-command.ts";
import { ask, httpDaemon } from "../../../support/servers/http-daemon.ts";
import {
  errorLog,
  onEachOpenSearch,
  type OpenSearchFixture,
} from "../../../support/servers/open-search-fixture.ts";
import { OWN_INDICES, withoutOwnIndices } from "../../../support/servers/real-memory.ts";
import { cleanFixture } from "../../setup/alone/cluster-setup.ts";

const DISK = groupOf({ text: "Disk full" }).group;
const ORDER = groupOf({ text: "Order 1 failed" }).group;
const UNKNOWN = "0123456789abcdef";

/** Two errors in three records with vectors. Every command is a process of its own. */
async function setUp(t: TestContext, version: OpenSearchVersion, { init = true } = {}) {
  const fixture = await cleanFixture(t, version);
  await withoutOwnIndices(t, fixture);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [
    errorLog("Disk full"),
    errorLog("Order 1 failed", 1),
    errorLog("Order 22 failed", 2),
  ]);
  const run = (...args: string[]) => runVectorizer(t, args, { env: fixture.env });
  if (init) assert.equal((await run("init", "--memory")).code, 0);
  let logs = 0;
  return {
    fixture,
    run,
    /** Drains what is pending, after one more record of that message and time. */
    async drain(message?: string, time = "2026-01-01T00:05:00Z") {
      if (message !== undefined) {
        const source = { "@timestamp": time, level: "ERROR", message };
        await fixture.send("PUT", `/${index}/_doc/more-${logs++}?refresh=true`, source);
      }
      const drained = await run("--drain", "--json");
      assert.equal(drained.code, 0, drained.stderr);
      await fixture.send("POST", `/${index}/_refresh`);
      return outcomesOf(printedSummary(drained));
    },
    async list(...options: string[]) {
      const ended = await run("groups", "list", "--order", "count", "--json", ...options);
      return { ...printedAnswer(ended, groupsAnswerShape), code: ended.code };
    },
    async show(group: string) {
      const ended = await run("groups", "show", group, "--json");
      return { ...printedAnswer(ended, groupAnswerShape), code: ended.code };
    },
    async decide(...args: string[]) {
      return printedAnswer(await run("groups", ...args, "--json"), groupShape);
    },
  };
}

await onEachOpenSearch((version) => {
  test("a merge and a split outlive processes and a drain, and no record is lost from the counts", async (t) => {
    const { run, drain, list, show, decide } = await setUp(t, version);
    await drain();
    const noted = await run("note", "add", ORDER, "--cause", "a bad release");
    assert.equal(noted.code, 0, "the memory had not seen the group");
    assert.equal((await show(ORDER)).episodes[0]?.count, 2);
    const { merged_into: into } = await decide("merge", DISK, ORDER, "--by", "kim");
    assert.deepEqual([into?.id, into?.by], [ORDER, "kim"]);
    const merged = await list();
    assert.deepEqual(
      merged.groups.map((one) => [one.group, one.merged, one.count]),
      [[ORDER, [DISK], 3]],
    );
    assert.equal(merged.code, 0);

    await run("note", "add", DISK, "--cause", "a full disk");
    assert.deepEqual(await drain("Disk full"), { reused: 1 });
    const later = await list("--limit", "1");
    assert.deepEqual([later.total, later.records, later.groups[0]?.count], [1, 4, 4]);
    const { group, count, notes } = await show(DISK);
    assert.deepEqual(
      [group, count, notes?.map(({ cause }) => cause)],
      [ORDER, 4, ["a full disk", "a bad release"]],
    );
    const printed = await run("groups", "show", ORDER);
    assert.match(printed.stdout, new RegExp(`merged +with ${DISK}[^]*cause: a full disk`));
    const circle = await run("groups", "merge", ORDER, DISK, "--json");
    assert.equal(circle.code, 2);
    assert.match(printedError(circle).message, /is part of/);

    await decide("split", DISK);
    assert.deepEqual(await drain("Order 333 failed"), { updated: 1 });
    const split = await list();
    assert.deepEqual(
      split.groups.map((one) => [one.group, one.merged, one.count]),
      [
        [ORDER, [], 3],
        [DISK, [], 2],
      ],
    );
    assert.deepEqual((await show(DISK)).notes?.length, 1);
  });

  test("an error is muted, known, resolved, back and open, as the list of another process shows it", async (t) => {
    const { run, drain, list, decide } = await setUp(t, version);
    await drain();
    const stateOf = async () =>
      (await list()).groups.find(({ group }) => group === DISK)?.state ?? "none";
    const muted = await decide("mute", DISK, "--until", "2h");
    assert.ok(Date.parse(muted.muted_until ?? "") > Date.now());
    assert.equal(await stateOf(), "muted");
    await decide("known", DISK);
    assert.equal(await stateOf(), "known");
    await decide("resolve", DISK);
    assert.equal(await stateOf(), "resolved");
    await drain("Disk full", new Date().toISOString());
    assert.equal(await stateOf(), "back");
    const { groups, total } = await list("--state", "back");
    assert.deepEqual([total, groups.map(({ group }) => group)], [1, [DISK]]);
    await decide("open", DISK);
    assert.equal(await stateOf(), "open");

    const said = await run("groups", "resolve", DISK);
    assert.match(said.stdout, new RegExp(`Group ${DISK} is resolved`));
    const unknown = await run("groups", "mute", UNKNOWN, "--json");
    assert.equal(unknown.code, 2);
    assert.equal(printedError(unknown).kind, "unknown_group");
    const past = await run("groups", "mute", DISK, "--until", "2020-01-01", "--json");
    assert.deepEqual([past.code, printedError(past).kind], [2, "invalid"]);
  });

  test("a merge by HTTP holds after the daemon was started again", async (t) => {
    const { fixture, list } = await setUp(t, version);
    const { env, url } = await httpDaemon(t, fixture);
    const start = async () => {
      const daemon = await startVectorizer(t, [], { env: { ...env, HTTP_OPEN: "true" } });
      await daemon.says(/Cycle #1 summary/);
      return daemon;
    };
    const post = async (path: string, body: object) => {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      const answer = await ask(t, `${url}/api/v1/groups/${path}`, init);
      assert.equal(answer.status, 200, path);
      return exactly(await answer.json(), groupShape);
    };
    const first = await start();
    await fixture.send("POST", `/${fixture.pattern}/_refresh`);
    assert.equal((await post(`${DISK}/merge`, { into: ORDER, by: "kim" })).state, "open");
    assert.equal((await post(`${DISK}/state`, { state: "known" })).state_by, "HTTP API");
    first.kill("SIGTERM");
    await first.ended;
    await start();
    const answer = await ask(t, `${url}/api/v1/groups?state=known`);
    const { groups, memory } = exactly(await answer.json(), groupsAnswerShape);
    assert.deepEqual(memory, { kept: true, problems: [] });
    const rows = groups.map((one) => [one.group, one.merged, one.count]);
    assert.deepEqual(rows, [[ORDER, [DISK], 3]]);
    assert.deepEqual((await list()).groups, groups, "as the command shows it");
  });

  test("without own indices errors are listed as ever, and a decision says what makes them", async (t) => {
    const { run, drain, list } = await setUp(t, version, { init: false });
    await drain();
    const { total, memory, code } = await list();
    assert.deepEqual([total, memory, code], [2, { kept: false, problems: [] }, 0]);
    const listed = await run("groups", "list");
    assert.doesNotMatch(listed.stdout + listed.stderr, /--memory/);
    const shown = await run("groups", "show", DISK);
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /are not kept here: log-vectorizer init --memory/);
    for (const args of [
      ["merge", DISK, ORDER],
      ["split", DISK],
      ["mute", DISK],
    ]) {
      const ended = await run("groups", ...args, "--json");
      const { kind, hint } = printedError(ended);
      assert.deepEqual([ended.code, kind], [2, "no_memory"], ended.stdout);
      assert.match(hint ?? "", /init --memory/);
    }
  });

  const troubles: Record<string, (own: string) => Parameters<OpenSearchFixture["send"]>> = {
    closed: (own) => ["POST", `/${own}/_close`],
    deleted: (own) => ["DELETE", `/${own}`],
    blocked: (own) => ["PUT", `/${own}/_settings`, { "index.blocks.read": true }],
    "blocked for writes": (own) => ["PUT", `/${own}/_settings`, { "index.blocks.write": true }],
  };
  for (const [trouble, make] of Object.entries(troubles)) {
    test(`an own index that is ${trouble} costs no record its vector, and errors are counted on`, async (t) => {
      for (const own of OWN_INDICES) {
        const { fixture, run, drain, list, show } = await setUp(t, version);
        await drain();
        await fixture.send(...make(own));
        assert.deepEqual(await drain("Order 4444 failed"), { updated: 1 }, own);

        const isRead = trouble !== "blocked for writes";
        const { total, records, memory, code } = await list();
        const isMissed = isRead && own.endsWith("groups");
        assert.deepEqual([total, records, code], [2, 4, isMissed ? 1 : 0], own);
        assert.deepEqual([memory.kept, memory.problems.length], [true, isMissed ? 1 : 0], own);
        if (isMissed) {
          assert.match(memory.problems[0]?.message ?? "", new RegExp(own));
          const listed = await run("groups", "list");
          assert.match(listed.stdout, new RegExp(`may be missing here: ${own} `));
          assert.doesNotMatch(listed.stdout + listed.stderr, /\n\s+at /);
        }
        const shown = await show(ORDER);
        const isShort = isRead && !own.endsWith("episodes");
        assert.deepEqual([shown.count, shown.code], [3, isShort ? 1 : 0], own);
        assert.equal(shown.notes === null, isRead && own.endsWith("notes"), own);

        const decided = await run("groups", "known", DISK, "--json");
        const isAbsent = trouble === "deleted";
        const expected = own.endsWith("groups") ? (isAbsent ? 2 : 3) : 0;
        assert.equal(decided.code, expected, decided.stdout);
        if (expected > 0) assert.match(printedError(decided).message, new RegExp(own));
      }
    });
  }
});
