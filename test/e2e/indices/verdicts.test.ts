import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import { textHash } from "../../support/fakes/signer.ts";
import { MARK_MAPPINGS } from "../../support/marked-logs.ts";
import {
  errorLog,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedJson, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";

const json = z.record(z.string(), z.unknown());
const caseShape = z.looseObject({
  indices: z.object({
    t_logs: z.object({ settings: json, mappings: json, docs: z.array(json) }),
  }),
  /** Where there is no text, and then where it is. */
  looked_in: z.tuple([z.record(z.string(), z.string()), z.record(z.string(), z.string())]),
  text_of_last: z.string(),
});
const CASES = ["empty-mark-for-ever", "empty-mark-object", "empty-mark-blanks"];
const [CASE = assert.fail()] = CASES;
const changedShape = z.looseObject({ matched: z.number(), changed: z.number() });

const ELSEWHERE = { MESSAGE_FIELD: "error.message" };

await onEachOpenSearch((version) => {
  for (const name of CASES) {
    test(`${name}: what has no text in one field is looked at again in another`, async (t) => {
      const {
        once,
        meta,
        looked_in: [first, then],
        text_of_last: text,
      } = await openCase(t, version, name);
      assert.deepEqual(outcomesOf(await once(first)), { empty: 2 });
      assert.partialDeepStrictEqual(await meta("0"), {
        skipped: "empty",
        field: first["MESSAGE_FIELD"],
      });
      assert.equal((await once(first)).found, 0);
      const there = await once(then);
      assert.deepEqual([there.found, outcomesOf(there)], [2, { updated: 1, reused: 1 }]);
      assert.partialDeepStrictEqual(await meta("1"), { text_hash: textHash(text) });
      assert.equal((await once(then)).found, 0);
    });

    test(`${name}: what is let go comes again, and is marked again where there is still no text`, async (t) => {
      const {
        once,
        run,
        meta,
        looked_in: [first],
      } = await openCase(t, version, name);
      await once(first);
      const retried = await run(["quarantine", "retry", "--all", "--json"], first);
      assert.partialDeepStrictEqual(printedJson(retried, changedShape), { matched: 2, changed: 2 });
      assert.deepEqual(outcomesOf(await once(first)), { empty: 2 });
      assert.partialDeepStrictEqual(await meta("1"), { skipped: "empty" });
    });
  }

  test("a record that gets its text by an update is taken by the next run", async (t) => {
    const { once, drain, fixture, index, meta } = await openCase(t, version);
    const only = { MESSAGE_FIELD: "message" };
    await once(only);
    const update = (id: string, message: string) =>
      fixture.send("POST", `/${index}/_update/${id}?refresh=true`, { doc: { message } });
    await update("0", "no route to host");
    assert.deepEqual(outcomesOf(await once(only)), { updated: 1 });
    await update("1", "connection refused");
    assert.deepEqual(outcomesOf(await drain(only)), { updated: 1 });
    assert.partialDeepStrictEqual(await meta("1"), { text_hash: textHash("connection refused") });
  });

  test("records that get their text by an update_by_query script are taken by the next run, and marked again once blank", async (t) => {
    const { once, fixture, index, meta } = await openCase(t, version);
    const only = { MESSAGE_FIELD: "message" };
    await once(only);
    const scripted = (text: string) =>
      fixture.send("POST", `/${index}/_update_by_query?refresh=true`, {
        script: { source: "ctx._source.message = params.text", params: { text } },
      });
    await scripted("connection reset");
    assert.deepEqual(outcomesOf(await once(only)), { updated: 1, reused: 1 });
    await scripted("  ");
    await fixture.send("POST", `/${index}/_update/0?refresh=true`, {
      script: "ctx._source.remove('log_vector'); ctx._source.remove('log_vector_meta')",
    });
    assert.deepEqual(outcomesOf(await once(only)), { empty: 1 });
    assert.partialDeepStrictEqual(await meta("0"), { skipped: "empty", field: "message" });
  });

  for (const env of [{ MESSAGE_FIELD: "message" }, ELSEWHERE]) {
    test(`quarantine knows what has no text, and lets go of it (${env.MESSAGE_FIELD})`, async (t) => {
      const { run, once, meta } = await openCase(t, version);
      await once({ MESSAGE_FIELD: "message" });
      const list = await run(["quarantine", "list"], env);
      assert.match(
        list.stdout,
        /^2 records of \S+_logs are marked as without a text \(no text in message\)\.$/m,
        list.stdout,
      );
      const dropped = await run(["quarantine", "drop", "--all", "--json"], env);
      assert.equal(printedJson(dropped, changedShape).matched, 0);
      const retried = printedJson(
        await run(["quarantine", "retry", "--all", "--json"], env),
        changedShape,
      );
      assert.deepEqual([retried.matched, retried.changed], [2, 2]);
      assert.equal(await meta("0"), null);
      assert.equal((await once(env)).found, 2);
    });
  }

  test("an index of an earlier version is given what marks rest on, and its old marks are reviewed once", async (t) => {
    const { fixture, once, index, meta } = await openLogs(t, version, {});
    await fixture.send("PUT", `/${index}/_doc/old?refresh=true`, {
      ...errorLog("no route to host"),
      log_vector_meta: { skipped: "empty" },
    });
    assert.deepEqual(outcomesOf(await once()), { updated: 1 });
    assert.partialDeepStrictEqual(await meta("old"), { text_hash: textHash("no route to host") });
  });

  for (const [what, refusing] of [
    ["has no room for more fields", { settings: { "mapping.total_fields.limit": 14 } }],
    [
      "takes strict mappings and no new ones",
      { strict: true, settings: { "mapping.total_fields.limit": 14 } },
    ],
  ] as const) {
    test(`an index that ${what} goes on with marks that do not say what they rest on`, async (t) => {
      const { fixture, once, index, meta } = await openLogs(t, version, refusing);
      await fixture.fill(index, [errorLog(" "), errorLog("fine", 1)]);
      assert.deepEqual(outcomesOf(await once()), { empty: 1, updated: 1 });
      assert.deepEqual(await meta("0"), { skipped: "empty", text_hash: textHash(" ") });
      assert.equal((await once()).found, 0);
      await fixture.send("POST", `/${index}/_update/0?refresh=true`, { doc: { message: "text" } });
      assert.deepEqual(outcomesOf(await once()), { updated: 1 });
    });
  }
});

/** The index of the case, and runs on it that share one state directory. */
async function openCase(t: TestContext, version: OpenSearchVersion, name = CASE) {
  const fixture = await openFixture(t, version);
  const index = fixture.name("logs");
  const path = join(import.meta.dirname, `../../fixtures/field-cases/${name}.json`);
  const { indices, ...looked } = caseShape.parse(JSON.parse(readFileSync(path, "utf8")));
  const { settings, mappings, docs } = indices.t_logs;
  await fixture.send("PUT", `/${index}`, { settings, mappings });
  await fixture.fill(index, docs);
  return { ...looked, ...(await runsOn(t, fixture, index)) };
}

/** An index that was given its vectors before marks said what they rest on. */
async function openLogs(
  t: TestContext,
  version: OpenSearchVersion,
  { strict = false, settings = {} }: { strict?: boolean; settings?: Record<string, unknown> },
) {
  const fixture = await openFixture(t, version);
  const index = fixture.name("logs");
  const { log_vector_meta: meta, ...properties } = json.parse(MARK_MAPPINGS.properties);
  const {
    field: _,
    refused_by: _by,
    token_limit: _limit,
    mac: _mac,
    group: _group,
    key: _key,
    text: _text,
    ...earlier
  } = z.looseObject({ properties: json }).parse(meta).properties;
  const own = { type: "object", dynamic: strict ? "strict" : false, properties: earlier };
  const mappings = {
    dynamic: strict ? "strict" : true,
    properties: { ...properties, log_vector_meta: own },
  };
  await fixture.create(index, { mappings, settings });
  return runsOn(t, fixture, index);
}

async function runsOn(
  t: TestContext,
  fixture: Awaited<ReturnType<typeof openFixture>>,
  index: string,
) {
  const state = await temporaryFolder(t);
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runVectorizer(t, args, { env: { ...fixture.env, STATE_DIR: state, ...env } });
  return {
    fixture,
    index,
    run,
    once: async (env = {}) => printedSummary(await run(["--once", "--json"], env)),
    drain: async (env = {}) => printedSummary(await run(["--drain", "--json"], env)),
    meta: async (id: string) =>
      (await fixture.documents(index)).get(`${index}/${id}`)?.source["log_vector_meta"],
  };
}
