import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { initAnswerShape } from "../../../../src/cli/init.ts";
import { noteShape } from "../../../../src/domain/memory/note.ts";
import { notesAnswerShape } from "../../../../src/analysis/list-notes.ts";
import { searchAnswerShape } from "../../../../src/search/search-answer.ts";
import { checkAnswerShape } from "../../../../src/status/check-report.ts";
import { statusShape } from "../../../../src/status/status-shape.ts";
import { sightedGroup } from "../../../../src/domain/memory/group.ts";
import { sighting } from "../../../contract/error-memory-contract.ts";
import {
  printedAnswer,
  printedError,
  printedSummary,
} from "../../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../../support/commands/run-command.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  type OpenSearchFixture,
} from "../../../support/servers/open-search-fixture.ts";
import { OWN_INDICES, withoutOwnIndices } from "../../../support/servers/real-memory.ts";
import { cleanFixture } from "../../setup/alone/cluster-setup.ts";

const GROUP = "a".repeat(16);

/** A cluster with two logs, and the settings to look at everything in it. */
async function setUp(t: TestContext, version: OpenSearchVersion) {
  const fixture = await cleanFixture(t, version);
  await withoutOwnIndices(t, fixture);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [errorLog("Disk full"), errorLog("Connection refused", 1)]);
  const env = { ...fixture.env, OPENSEARCH_INDEX_PATTERN: "*" };
  const run = (...args: string[]) => runVectorizer(t, args, { env });
  return { fixture, index, env, run };
}

/** Makes each own index look like one of logs: with the fields, and a record of the wanted level. */
async function disguise({ send }: OpenSearchFixture) {
  for (const own of OWN_INDICES) {
    await send("PUT", `/${own}/_mapping`, { properties: LOG_PROPERTIES });
    await send("PUT", `/${own}/_doc/disguised?refresh=true`, errorLog("Disk full in disguise"));
  }
}

async function ownState(fixture: OpenSearchFixture) {
  const mappings = await fixture.send("GET", `/${OWN_INDICES.join()}/_mapping`);
  return { mappings, documents: await fixture.documents(OWN_INDICES.join()) };
}

async function namesOf({ send }: OpenSearchFixture): Promise<string[]> {
  const shape = z.object({ indices: z.array(z.object({ name: z.string() })) });
  const { indices } = shape.parse(await send("GET", "/_resolve/index/log-vectorizer*"));
  return indices.map(({ name }) => name);
}

async function knowGroup({ send }: OpenSearchFixture) {
  const path = `/log-vectorizer-groups/_doc/${GROUP}?refresh=true`;
  await send("PUT", path, sightedGroup(undefined, sighting(GROUP)));
}

function memoryLine({ stdout }: { stdout: string }) {
  const { checks } = checkAnswerShape.parse(JSON.parse(stdout));
  return checks.find(({ name }) => name === "memory of errors");
}

await onEachOpenSearch((version) => {
  test("own indices are made by init alone, and with the pattern * they are no logs to anybody", async (t) => {
    const { fixture, index, run } = await setUp(t, version);
    assert.match(memoryLine(await run("check", "--json"))?.detail ?? "", /^none: /);
    const previewed = printedAnswer(
      await run("init", "--memory", "--dry-run", "--json"),
      initAnswerShape,
    );
    const commands = previewed.steps.map(({ command }) => command);
    for (const own of OWN_INDICES) {
      assert.ok(
        commands.some((one) => one.startsWith(`curl -X PUT '${fixture.url}/${own}' `)),
        own,
      );
    }
    assert.deepEqual(await namesOf(fixture), [], "a preview makes none");

    const made = await run("init", "--memory", "--json");
    assert.equal(made.code, 0, made.stdout);
    assert.deepEqual((await namesOf(fixture)).toSorted(), OWN_INDICES.toSorted());
    await disguise(fixture);
    const before = await ownState(fixture);

    for (const how of ["--once", "--drain"]) {
      const ended = await run(how, "--json");
      const { outcomes, indices } = printedSummary(ended);
      assert.deepEqual(indices, { fit: 1, unfit: 0 }, how);
      assert.equal(outcomes.updated, how === "--once" ? 2 : 0);
    }
    const again = printedAnswer(await run("init", "--memory", "--json"), initAnswerShape);
    assert.ok(again.steps.every(({ description }) => !description.includes("log-vectorizer-")));
    assert.deepEqual(again.unfit, []);
    const check = await run("check", "--json");
    const { fit, unfit } = checkAnswerShape.parse(JSON.parse(check.stdout));
    assert.deepEqual([fit.map((one) => one.index), unfit], [[index], []]);
    const status = await run("status", "--json");
    assert.ok(!status.stdout.includes("log-vectorizer-notes"), status.stdout);
    statusShape.parse(JSON.parse(status.stdout));
    const { hits } = printedAnswer(
      await run("search", "disk full in disguise", "--json"),
      searchAnswerShape,
    );
    assert.deepEqual([...new Set(hits.map((hit) => hit.index))], [index]);
    assert.deepEqual(await ownState(fixture), before);
  });

  test("a note is written, judged and listed from the command line", async (t) => {
    const { fixture, run } = await setUp(t, version);
    await run("init", "--memory");
    await knowGroup(fixture);

    const words = [
      "--cause",
      "a full disk",
      "--fix",
      "rotate \u001b[31mdaily",
      "--link",
      "https://example.com/7",
    ];
    const added = await run("note", "add", GROUP, ...words, "--json");
    const note = printedAnswer(added, noteShape);
    assert.ok(note.author.length > 0, "the user of the system");
    const judged = await run("note", "outdated", note.id, "--author", "lee", "--json");
    assert.deepEqual(
      printedAnswer(judged, noteShape).verdicts.map(({ verdict, by }) => [verdict, by]),
      [["outdated", "lee"]],
    );
    const { notes } = printedAnswer(await run("note", "list", GROUP, "--json"), notesAnswerShape);
    assert.deepEqual(
      notes.map(({ id, cause }) => [id, cause]),
      [[note.id, "a full disk"]],
    );
    const shown = await run("note", "list");
    assert.match(
      shown.stdout,
      /outdated by lee[^]*cause: a full disk[^]*https:\/\/example\.com\/7/,
    );
    assert.ok(!shown.stdout.includes("\u001b"), "what a note says steers no terminal");
    assert.match(
      memoryLine(await run("check", "--json"))?.detail ?? "",
      /^1 group, 0 episodes, 1 note$/,
    );

    const unknown = await run("note", "add", "b".repeat(16), "--cause", "x", "--json");
    assert.equal(unknown.code, 2);
    const { kind, message, hint } = printedError(unknown);
    assert.equal(kind, "unknown_group");
    assert.match(`${message} ${hint ?? ""}`, /no group "b{16}".*groups list/);
    assert.equal((await run("note", "add", GROUP, "--json")).code, 2, "a note of nothing");
    assert.equal((await run("note", "wrong", "n9", "--json")).code, 2);
  });

  test("without its index a note is refused with what makes it, and no command makes it but init", async (t) => {
    const { fixture, env, run } = await setUp(t, version);
    for (const args of [
      ["note", "list"],
      ["note", "add", GROUP, "--cause", "x"],
    ]) {
      const ended = await run(...args, "--json");
      assert.equal(ended.code, 3, ended.stdout);
      const { message, hint } = printedError(ended);
      assert.match(`${message} ${hint ?? ""}`, /log-vectorizer-\w+ is not there.*init --memory/);
    }
    const wanting = { env: { ...env, MEMORY: "true" } };
    assert.equal((await runVectorizer(t, ["--once"], wanting)).code, 0);
    const check = memoryLine(await runVectorizer(t, ["check", "--json"], wanting));
    assert.deepEqual([check?.result, await namesOf(fixture)], ["warning", []]);
    assert.equal((await runVectorizer(t, ["init"], wanting)).code, 0);
    assert.equal(
      (await namesOf(fixture)).length,
      3,
      "init does by the setting what --memory asks for",
    );
  });

  const troubles: Record<string, (fixture: OpenSearchFixture, own: string) => Promise<unknown>> = {
    deleted: ({ send }, own) => send("DELETE", `/${own}`),
    closed: ({ send }, own) => send("POST", `/${own}/_close`),
    blocked: ({ send }, own) => send("PUT", `/${own}/_settings`, { "index.blocks.write": true }),
  };
  for (const [trouble, make] of Object.entries(troubles)) {
    test(`own indices that are ${trouble} cost no record its vector, and check names each`, async (t) => {
      const { fixture, index, env } = await setUp(t, version);
      // Where the settings ask for them, it is a fault too that none is there.
      const wanting = { env: { ...env, MEMORY: "true" } };
      const run = (...args: string[]) => runVectorizer(t, args, wanting);
      await run("init");
      for (const [at, own] of OWN_INDICES.entries()) {
        await make(fixture, own);
        const { result, detail, hint } = memoryLine(await run("check", "--json")) ?? {};
        assert.deepEqual([result, Boolean(hint)], ["warning", true], own);
        assert.match(detail ?? "", new RegExp(own));
        await fixture.send(
          "PUT",
          `/${index}/_doc/new-${at}?refresh=true`,
          errorLog(`Fault ${own}`),
        );
        const ended = await run("--once", "--json");
        const { outcomes, indices, gaps } = printedSummary(ended);
        assert.deepEqual(
          [ended.code, outcomes.updated, indices, gaps],
          [0, at === 0 ? 3 : 1, { fit: 1, unfit: 0 }, []],
          ended.stderr,
        );
      }
    });
  }
});
