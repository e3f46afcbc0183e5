import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { groupAnswerShape, groupsAnswerShape } from "../../../../src/analysis/group-answers.ts";
import { notesAnswerShape } from "../../../../src/analysis/list-notes.ts";
import { groupOf } from "../../../../src/domain/group.ts";
import { groupShape } from "../../../../src/domain/memory/group.ts";
import { exactly, printedAnswer, printedError } from "../../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../../support/commands/run-command.ts";
import { ask, httpDaemon } from "../../../support/servers/http-daemon.ts";
import { errorLog, onEachOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import { rememberErrors, withoutOwnIndices } from "../../../support/servers/real-memory.ts";
import { cleanFixture } from "../../setup/alone/cluster-setup.ts";

const SAVED = groupOf({ text: "Cannot save the order: disk full" }).group;
const LOUD = groupOf({ text: "CANNOT save the order, disk full" }).group;
const WRITTEN = groupOf({ text: "Cannot save the invoice: disk full" }).group;
const LOGIN = groupOf({ text: "Login of a user failed" }).group;
const UNKNOWN = "0123456789abcdef";

/** Four errors in the logs; the memory knows all but the last, with the vectors of their records. */
async function setUp(t: TestContext, version: OpenSearchVersion) {
  const fixture = await cleanFixture(t, version);
  await withoutOwnIndices(t, fixture);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [
    errorLog("Cannot save the order: disk full"),
    errorLog("CANNOT save the order, disk full", 1),
    errorLog("Cannot save the invoice: disk full", 2),
    errorLog("Login of a user failed", 3),
  ]);
  const run = (...args: string[]) => runVectorizer(t, args, { env: fixture.env });
  assert.equal((await run("init", "--memory")).code, 0);
  assert.equal((await run("--drain")).code, 0);
  await fixture.send("POST", `/${index}/_refresh`);
  await rememberErrors(t, fixture, { index, unseen: LOGIN });
  return {
    fixture,
    run,
    async show(group: string) {
      const ended = await run("groups", "show", group, "--json");
      return { ...printedAnswer(ended, groupAnswerShape), code: ended.code };
    },
    /** Of each listed error, what it is most like: its id, surely or perhaps, and whether it has a note. */
    async likes() {
      const { groups } = printedAnswer(await run("groups", "list", "--json"), groupsAnswerShape);
      return new Map(
        groups.map(({ group, like }) => [
          group,
          like && [like.group, like.surely ? "surely" : "perhaps", like.note],
        ]),
      );
    },
    async list(group: string) {
      const ended = await run("note", "list", group, "--json");
      return { ...printedAnswer(ended, notesAnswerShape), code: ended.code };
    },
  };
}

await onEachOpenSearch((version) => {
  test("alike groups are proposed until a person merges them or keeps them apart, in the memory of a real OpenSearch", async (t) => {
    const { run, show, likes } = await setUp(t, version);
    const proposed = async (group: string) =>
      (await show(group)).alike?.map((one) => [one.group, one.surely ? "surely" : "perhaps"]);
    assert.deepEqual(await proposed(SAVED), [
      [LOUD, "surely"],
      [WRITTEN, "perhaps"],
    ]);
    const { alike } = await show(SAVED);
    assert.deepEqual(
      alike?.map(({ only_this, only_other, notes }) => [only_this, only_other, notes]).at(-1),
      [["order"], ["invoice"], []],
    );
    const printed = await run("groups", "show", SAVED);
    assert.match(printed.stdout, new RegExp(`${LOUD} .*surely like: the same words`));
    assert.match(printed.stdout, new RegExp(`${WRITTEN} .*perhaps like: .*order.*invoice`));
    assert.deepEqual(await proposed(LOGIN), [], "the memory has not seen it");

    const listed = await likes();
    assert.deepEqual(listed.get(SAVED), [LOUD, "surely", false]);
    assert.deepEqual(listed.get(LOUD), [SAVED, "surely", false]);
    assert.equal(listed.get(WRITTEN)?.[1], "perhaps");
    assert.equal(listed.get(LOGIN), null);

    await run("groups", "merge", LOUD, SAVED);
    await run("note", "add", LOUD, "--cause", "a full disk");
    const merged = await likes();
    assert.deepEqual(
      [merged.get(SAVED), merged.get(WRITTEN), merged.has(LOUD)],
      [[WRITTEN, "perhaps", false], [SAVED, "perhaps", true], false],
    );
    assert.deepEqual(await proposed(SAVED), [[WRITTEN, "perhaps"]]);
    assert.deepEqual(await proposed(WRITTEN), [[SAVED, "perhaps"]], "once, as what it counts as");
    const split = await run("groups", "split", LOUD, "--json");
    assert.equal(exactly(JSON.parse(split.stdout), groupShape).merged_into, null);
    assert.deepEqual(await proposed(SAVED), [[WRITTEN, "perhaps"]], "never again");
    const apart = await likes();
    assert.deepEqual(
      [SAVED, LOUD].map((group) => apart.get(group)?.[0]),
      [WRITTEN, WRITTEN],
    );

    const said = await run("groups", "split", SAVED, "--from", WRITTEN);
    assert.deepEqual([said.code, /are not taken for alike again/.test(said.stdout)], [0, true]);
    const decided = await likes();
    assert.deepEqual([decided.get(SAVED), decided.get(WRITTEN)?.[0]], [null, LOUD]);
  });

  test("a note is carried to alike groups with what is other, by command and by HTTP, and a group of the logs alone has none", async (t) => {
    const { fixture, run, show, list } = await setUp(t, version);
    await run("note", "add", WRITTEN, "--cause", "a bad disk");
    const { notes } = await list(WRITTEN);
    await run("note", "wrong", notes[0]?.id ?? "");
    await run("note", "add", WRITTEN, "--cause", "the backups");
    const told = await list(SAVED);
    assert.deepEqual(
      [told.code, told.notes, told.carried?.map(({ cause, mark }) => [cause, mark])],
      [
        0,
        [],
        [
          ["the backups", null],
          ["a bad disk", "wrong"],
        ],
      ],
    );
    assert.deepEqual(told.carried?.[0]?.differs, [
      { what: "words", now: "order", before: "invoice" },
    ]);
    assert.deepEqual((await show(SAVED)).carried, told.carried);
    const printed = await run("note", "list", SAVED);
    assert.match(printed.stdout, /Perhaps: .*\n +other this time: words order \(before: invoice\)/);
    assert.match(printed.stdout, /which somebody said is wrong/);

    const { env, url } = await httpDaemon(t, fixture);
    const settings = { ...env, ...fixture.env, HTTP_OPEN: "true" };
    const daemon = await startVectorizer(t, [], { env: settings });
    await daemon.says(/Cycle #1 summary/);
    const answer = await ask(t, `${url}/api/v1/notes?group=${SAVED}`);
    assert.deepEqual(exactly(await answer.json(), notesAnswerShape).carried, told.carried);

    await run("note", "add", SAVED, "--cause", "its own");
    const own = await list(SAVED);
    assert.deepEqual([own.notes.map(({ cause }) => cause), own.carried], [["its own"], []]);
    const alone = await list(LOGIN);
    assert.deepEqual([alone.code, alone.notes, alone.carried], [0, [], []]);
    const unknown = await run("note", "list", UNKNOWN, "--json");
    assert.deepEqual([unknown.code, printedError(unknown).kind], [2, "unknown_group"]);
  });

  test("an own index that is closed leaves the counts, and says that alike groups or notes cannot be read", async (t) => {
    const { fixture, show, list, likes } = await setUp(t, version);
    await fixture.send("POST", "/log-vectorizer-notes/_close");
    const unread = await show(SAVED);
    assert.deepEqual([unread.code, unread.count, unread.carried], [1, 1, null]);
    assert.deepEqual(
      unread.alike?.map(({ notes }) => notes),
      [null, null],
    );
    await fixture.send("POST", "/log-vectorizer-notes/_open?wait_for_active_shards=1");
    assert.equal((await list(SAVED)).code, 0);
    await fixture.send("POST", "/log-vectorizer-groups/_close");
    assert.deepEqual(
      [...(await likes()).values()],
      Array.from({ length: 4 }, () => undefined),
    );
    const unseen = await show(SAVED);
    assert.deepEqual([unseen.code, unseen.count, unseen.alike, unseen.carried], [1, 1, null, null]);
  });
});
