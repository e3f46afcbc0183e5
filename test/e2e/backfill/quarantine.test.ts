import assert from "node:assert/strict";
import { writeFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import { textHash } from "../../support/fakes/signer.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { MARK_MAPPINGS, openMarked, refusedLog } from "../../support/marked-logs.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedError, printedAnswer } from "../../support/asserts/printed-json.ts";
import { runVectorizer, type Ended } from "../../support/commands/run-command.ts";
import {
  quarantineChangeShape,
  quarantineListShape,
} from "../../../src/pipeline/quarantine/quarantine-answer.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";

const isPoison = (message: string) => message.startsWith("poison");

await onEachOpenSearch((version) => {
  test("records that cannot be marked in their document are quarantined locally, listed with the others, and released", async (t) => {
    const story = await openUnmarkable(t, version);
    const { run } = story;
    const strict = story.index("strict");

    const first = await story.once();
    assert.deepEqual(outcomesOf(first.summary), { quarantined: 5, updated: 1 }, first.stderr);
    story.stub.requests.length = 0;
    for (const args of [["--once"], ["--drain"]]) {
      const again = await run([...args, "--json"]);
      assert.equal(again.code, 0, again.stderr);
    }
    assert.equal(story.stub.requests.length, 0, "it came again");
    const counted = await run(["status"]);
    assert.match(counted.stdout, /^total +6 +1 +0 +0 +5 +0 /m);

    const list = printedAnswer(await run(["quarantine", "list", "--json"]), quarantineListShape);
    assert.equal(list.total, 5);
    assert.deepEqual(
      list.quarantined.map(({ index, id, kept_in: keptIn }) => `${index}/${id} ${keptIn}`),
      [
        `${story.index()}/2 document`,
        `${story.index()}/1 document`,
        `${strict}/2 state`,
        `${strict}/1 state`,
        `${strict}/0 state`,
      ],
    );
    assert.ok(list.quarantined.every(({ attempts, next_try: at }) => attempts === 1 && at));
    assert.equal(
      list.by_error.reduce((sum, { records }) => sum + records, 0),
      5,
    );
    const shown = await run(["quarantine", "list", "--limit", "1"]);
    assert.equal(shown.code, 0);
    assert.match(
      shown.stdout,
      /5 records in quarantine\.\nThe newest 1 are shown \(--limit\)\.\n$/,
    );

    const dropped = await run(["quarantine", "drop", "--index", strict, "--id", "1", "--json"]);
    assert.partialDeepStrictEqual(printedAnswer(dropped, quarantineChangeShape), {
      matched: 1,
      changed: 1,
    });
    const never = await run(["quarantine", "list", "--never", "--json"]);
    assert.deepEqual(
      printedAnswer(never, quarantineListShape).quarantined.map(({ id, index }) => [index, id]),
      [[strict, "1"]],
    );

    await story.logs.send("PUT", `/${strict}/_mapping`, { dynamic: false });
    story.stub.setFault(null);
    const counting = await run(["quarantine", "retry", "--all", "--dry-run"]);
    assert.equal(counting.stdout, "5 records would be tried again.\n");
    const retried = await run(["quarantine", "retry", "--all"]);
    assert.equal(retried.stdout, "5 of 5 records will be tried again.\n", retried.stderr);
    assert.equal(retried.code, 0);
    const last = await story.once();
    // The vector that the strict index refused was paid for, and is held for its text.
    assert.deepEqual(outcomesOf(last.summary), { updated: 3, reused: 1, empty: 1 }, last.stderr);
    const none = await run(["quarantine", "list"]);
    assert.equal(none.code, 0);
    assert.match(
      none.stdout,
      /^0 records in quarantine\.\n1 record of \S+ is marked as without a text/,
    );
    const state = join(String(story.env["STATE_DIR"]), "quarantine.json");
    assert.equal(await readFile(state, "utf8"), "[]");
    const documents = [...(await story.logs.documents(story.index())).values()];
    for (const { source } of documents) {
      assert.deepEqual(Object.keys(Object(source["log_vector_meta"])).toSorted(), [
        "dimensions",
        "embedded_at",
        "group",
        "key",
        "mac",
        "model",
        "text",
        "text_hash",
        "truncated",
      ]);
    }
  });

  test("a running daemon takes what is let go in its next cycle, wherever it was kept", async (t) => {
    const story = await openUnmarkable(t, version);
    const daemon = await story.daemon({ LOG_FORMAT: "json" });
    const list = async () => {
      const listed = await story.run(["quarantine", "list", "--json"]);
      return printedAnswer(listed, quarantineListShape).total;
    };
    await eventually(async () => (await list()) === 5, t);
    await story.logs.send("PUT", `/${story.index("strict")}/_mapping`, { dynamic: false });
    story.stub.setFault(null);
    const retried = await story.run(["quarantine", "retry", "--all", "--json"]);
    assert.partialDeepStrictEqual(printedAnswer(retried, quarantineChangeShape), {
      matched: 5,
      changed: 5,
    });

    await eventually(
      async () => (await textsWithVector(story.logs, story.logs.pattern)).length === 5,
      t,
    );
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
    assert.equal(await list(), 0);
  });

  test("ten thousand marked documents starve nobody, and each is listed once from several shards", async (t) => {
    const { fixture, run } = await openMarked(t, version, {
      logs: [...Array.from({ length: 10_000 }, (_, i) => refusedLog(i + 1)), errorLog("good")],
      settings: { number_of_shards: 3 },
    });

    const once = await run(["--once", "--json"]);

    assert.equal(once.code, 0, once.stderr);
    assert.match(once.stdout, /"updated":1,/);
    const list = await run(["quarantine", "list", "--json", "--limit", "10000"]);
    const { total, quarantined } = printedAnswer(list, quarantineListShape);
    assert.equal(total, 10_000);
    assert.equal(new Set(quarantined.map(({ id }) => id)).size, 10_000);
    const change = await run(["quarantine", "drop", "--error", "language 1", "--json"]);
    const { changed, matched } = printedAnswer(change, quarantineChangeShape);
    assert.deepEqual([matched, changed], [1112, 1112]);
    const retried = await run(["quarantine", "retry", "--index", `${fixture.prefix}*`, "--json"]);
    assert.equal(printedAnswer(retried, quarantineChangeShape).changed, 10_000);
    assert.match((await run(["status"])).stdout, /^total +10001 +1 +0 +10000 +0 +0 /m);
  });

  test("ten thousand locally quarantined records do not starve the others", async (t) => {
    const poison = Array.from({ length: 10_000 }, (_, i) => errorLog(`poison ${i}`, i + 1));
    const { fixture, run, state } = await openMarked(t, version, {
      logs: [...poison, errorLog("good")],
    });
    const index = fixture.name("logs");
    const settings = z
      .record(
        z.string(),
        z.object({ settings: z.object({ index: z.object({ uuid: z.string() }) }) }),
      )
      .parse(await fixture.send("GET", `/${index}/_settings`));
    const kept = poison.map(({ message }, i) => ({
      index,
      index_uuid: settings[index]?.settings.index.uuid,
      id: String(i),
      seq_no: i,
      primary_term: 1,
      text_hash: textHash(String(message)),
      attempts: 4,
      error: "takes no update",
    }));
    await mkdir(state, { recursive: true });
    await writeFile(join(state, "quarantine.json"), JSON.stringify(kept));

    const once = await run(["--once", "--json"]);

    assert.equal(once.code, 0, once.stderr);
    assert.match(once.stdout, /"updated":1,/);
    assert.match((await run(["status"])).stdout, /^total +10001 +1 +0 +0 +10000 +0 /m);
    const drained = await run(["--drain", "--json"]);
    assert.match(drained.stdout, /"taken":0,/, "kept aside, and taken by a drain");
    const list = printedAnswer(await run(["quarantine", "list", "--json"]), quarantineListShape);
    assert.deepEqual([list.total, list.quarantined.length], [10_000, 50]);
  });

  test("a data stream goes by its own name", async (t) => {
    const { fixture, run } = await openMarked(t, version, { logs: [refusedLog(1)] });
    const stream = fixture.name("stream");
    await fixture.send("PUT", `/_index_template/${stream}`, {
      index_patterns: [stream],
      data_stream: {},
      template: {
        settings: { index: { knn: true, number_of_replicas: 0 } },
        mappings: MARK_MAPPINGS,
      },
    });
    await fixture.send("PUT", `/_data_stream/${stream}`);
    await fixture.fill(stream, [refusedLog(2)]);

    const list = await run(["quarantine", "list", "--index", stream, "--json"]);

    assert.equal(printedAnswer(list, quarantineListShape).total, 1);
    const retried = await run(["quarantine", "retry", "--index", stream, "--json"]);
    assert.partialDeepStrictEqual(printedAnswer(retried, quarantineChangeShape), {
      matched: 1,
      changed: 1,
    });
    assert.equal(
      printedAnswer(await run(["quarantine", "list", "--json"]), quarantineListShape).total,
      1,
    );
  });

  test("records hidden by an alias filter, and records of hidden indices, are neither listed nor changed", async (t) => {
    const fixture = await openFixture(t, version);
    const alias = fixture.name("own");
    const filter = { match_phrase: { message: "own" } };
    const mappings = MARK_MAPPINGS;
    await fixture.create(fixture.name("all"), { mappings, aliases: { [alias]: { filter } } });
    const hidden = fixture.name("ownhidden");
    await fixture.create(hidden, { mappings, settings: { hidden: true } });
    await fixture.fill(fixture.name("all"), [
      refusedLog(1, "own poison"),
      refusedLog(2, "foreign"),
    ]);
    await fixture.fill(hidden, [refusedLog(3)]);
    const env = { ...fixture.env, OPENSEARCH_INDEX_PATTERN: `${alias}*` };
    const run = (args: readonly string[]) => runVectorizer(t, args, { env });

    const { quarantined } = printedAnswer(
      await run(["quarantine", "list", "--json"]),
      quarantineListShape,
    );
    assert.deepEqual(
      quarantined.map(({ id }) => id),
      ["0"],
    );
    const retried = await run(["quarantine", "retry", "--all", "--json"]);
    assert.partialDeepStrictEqual(printedAnswer(retried, quarantineChangeShape), {
      matched: 1,
      changed: 1,
    });
    const documents = await fixture.documents(fixture.name("all"));
    const [own, foreign] = ["0", "1"].map((id) => documents.get(`${fixture.name("all")}/${id}`));
    assert.equal(own?.source["log_vector_meta"], null);
    assert.deepEqual(foreign?.source, refusedLog(2, "foreign"));
  });

  test("a shard that fails, and an index that may not be written, are told and cost the others nothing", async (t) => {
    const story = await openBackfillStory(t, { version, logs: {} });
    const { logs: fixture, run } = story;
    const source = "doc['tenant'].value > 0";
    const { properties } = MARK_MAPPINGS;
    const failing = fixture.name("failing");
    await fixture.create(failing, {
      mappings: { properties: { ...properties, tenant: { type: "integer" } } },
      aliases: { [fixture.name("x")]: { filter: { script: { script: { source } } } } },
    });
    await fixture.fill(failing, [refusedLog(1)]);
    for (const short of ["good", "readonly"]) {
      await fixture.create(fixture.name(short), { mappings: MARK_MAPPINGS });
      await fixture.fill(fixture.name(short), [refusedLog(2), refusedLog(3)]);
    }
    const names = ["x", "good", "readonly"].map(fixture.name).join(",");
    const env = { OPENSEARCH_INDEX_PATTERN: names };
    const error = { type: "security_exception", reason: "no permissions for [write]" };
    story.openSearch.fail(isBulk, {
      kind: "items",
      answers: ({ index }) =>
        index === fixture.name("readonly") ? { status: 403, error } : undefined,
    });

    const list = await run(["quarantine", "list", "--json"], env);
    assert.equal(list.code, 1, "it says that this is all");
    const said = printedAnswer(list, quarantineListShape);
    assert.partialDeepStrictEqual(said, { total: 4, gaps: [{ index: failing }] });
    const text = await run(["quarantine", "list"], env);
    assert.match(
      text.stdout,
      new RegExp(`^There may be more, because the answer is incomplete: ${failing}: `, "m"),
    );

    const retried = await run(["quarantine", "retry", "--all"], env);
    assert.equal(retried.code, 1);
    assert.match(retried.stdout, /^2 of 4 records will be tried again, 2 not changed\.$/m);
    assert.match(retried.stdout, /_readonly\/0: .*no permissions for \[write\]/);
    const left = printedAnswer(
      await run(["quarantine", "list", "--json"], env),
      quarantineListShape,
    );
    assert.ok(left.quarantined.every(({ index }) => index === fixture.name("readonly")));
    assert.equal(left.total, 2);
  });

  test("a document that changes under the command keeps its mark, and is named", async (t) => {
    const story = await openBackfillStory(t, { version, logs: {} });
    const { logs: fixture, run } = story;
    const index = fixture.name("logs");
    await fixture.create(index, { mappings: MARK_MAPPINGS });
    await fixture.fill(index, [refusedLog(1), refusedLog(2)]);
    const conflict = { type: "version_conflict_engine_exception", reason: "[0]: version conflict" };
    story.openSearch.fail(isBulk, {
      kind: "items",
      answers: ({ id }) => (id === "0" ? { status: 409, error: conflict } : undefined),
    });

    const dropped = await run(["quarantine", "drop", "--all"]);

    assert.equal(dropped.code, 1);
    assert.equal(
      dropped.stdout,
      `1 of 2 records are dropped for good, 1 changed in the meantime.\n${index}/0: changed in the meantime\n`,
    );
  });

  test("an error that a server sent is harmless on a terminal", async (t) => {
    const { run } = await openMarked(t, version, {
      logs: [refusedLog(1, "poison", { error: "bad \u001b[2J\nthing\u009b" })],
    });
    // A control character on its streams fails the command in any test.
    const { stdout } = await run(["quarantine", "list"]);
    assert.match(stdout, /bad \\u001b\[2J\n +thing\\u009b"\n/);
  });
});

test("quarantine: wrong usage is 2, no OpenSearch is 3", async (t) => {
  const env = { OPENSEARCH_URL: "http://127.0.0.1:1" };
  const ends = async (code: number, args: readonly string[]): Promise<Ended> => {
    const ended = await runVectorizer(t, ["quarantine", ...args, "--json"], { env });
    assert.equal(ended.code, code, args.join(" "));
    return ended;
  };
  for (const args of [["retry"], ["drop"], ["retry", "--all", "--id", "1"], ["drop", "--never"]]) {
    assert.equal(printedError(await ends(2, args)).kind, "usage");
  }
  for (const args of [
    ["list"],
    ["retry", "--all"],
    ["drop", "--id", "1"],
    ["retry", "--all", "--dry-run"],
  ]) {
    assert.equal(printedError(await ends(3, args)).kind, "outage");
  }
});

/** Poison in an index as it should be; and poison, a blank and a good log in one whose documents take no update. */
async function openUnmarkable(t: TestContext, version: OpenSearchVersion) {
  const fixture = await openFixture(t, version);
  await fixture.create(fixture.name("strict"), {
    mappings: { dynamic: false, properties: LOG_PROPERTIES },
  });
  const odd = { odd: "not mapped" };
  await fixture.fill(fixture.name("strict"), [
    { ...errorLog("poison a", 1), ...odd },
    { ...errorLog("   ", 2), ...odd },
    { ...errorLog("good", 3), ...odd },
  ]);
  await fixture.send("PUT", `/${fixture.name("strict")}/_mapping`, { dynamic: "strict" });
  await fixture.create(fixture.name("logs"));
  await fixture.fill(fixture.name("logs"), [
    errorLog("other good", 10),
    errorLog("poison b", 11),
    errorLog("poison c", 12),
  ]);
  return openBackfillStory(t, { server: fixture, logs: {}, poison: isPoison });
}
