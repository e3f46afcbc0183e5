import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { LOCAL_MODELS } from "../../../src/config/groups/embedder-choice.ts";
import { signer, textHash } from "../../support/fakes/signer.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../../support/servers/open-search-fixture.ts";
import { stampedLog } from "../../support/servers/open-store.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const LOCAL_MODEL = LOCAL_MODELS.hashing.stamp;

/** What is written there before its mapping is never found. */
const unindexed = { dynamic: false, properties: LOG_PROPERTIES };

await onEachOpenSearch((version) => {
  test("vectors written before their mapping are repaired, and nothing is paid for it", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("unindexed");
    await fixture.create(index, { mappings: unindexed });
    const texts = ["Disk full", "Connection refused"];
    await fixture.fill(
      index,
      texts.map((text) => stampedLog(text, LOCAL_MODEL)),
    );

    const first = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    const second = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    const summary = printedSummary(first);
    assert.deepEqual(outcomesOf(summary), { reused: 2 });
    assert.deepEqual([summary.embedding.requests, summary.embedding.texts], [0, 0]);
    assert.equal(printedSummary(second).found, 0);
    assert.equal(await countWithVector(fixture, index), 2);
    for (const { source } of (await fixture.documents(index)).values()) {
      const { log_vector: written } = stampedLog(String(source["message"]), LOCAL_MODEL);
      assert.deepEqual(floats(source["log_vector"]), floats(written));
    }
  });

  test("an unindexed vector of another model or text is replaced, not repaired", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("foreign");
    await fixture.create(index, { mappings: unindexed });
    const otherText = { ...stampedLog("Disk full", LOCAL_MODEL), message: "Disk empty" };
    await fixture.fill(index, [stampedLog("Disk full", "another-model"), otherText]);

    const ended = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 2 });
    for (const { source } of (await fixture.documents(index)).values()) {
      const old = stampedLog(String(source["message"]), LOCAL_MODEL);
      const stamp = Object(source["log_vector_meta"]);
      const { model, dimensions, text_hash: hash } = old.log_vector_meta;
      assert.partialDeepStrictEqual(stamp, { model, dimensions, text_hash: hash });
      assert.ok(signer.holds(stamp, Float32Array.from(floats(source["log_vector"]))));
      assert.notDeepEqual(floats(source["log_vector"]), floats(old.log_vector));
    }
  });

  test("marks of earlier failures do not outlive success", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("marked");
    await fixture.create(index, { mappings: unindexed });
    const mark = { attempts: 2, error: "boom", next_try: "2026-01-01T00:00:00Z" };
    await fixture.fill(index, [{ ...errorLog("Disk full"), log_vector_meta: mark }]);

    const ended = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 1 });
    for (const key of Object.keys(mark)) {
      assert.equal(await count(fixture, index, { exists: { field: `log_vector_meta.${key}` } }), 0);
    }
    assert.equal(
      await count(fixture, index, { term: { "log_vector_meta.model": LOCAL_MODEL } }),
      1,
    );
  });

  test("a record that its owner indexes again gets its vector again", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("reindexed");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Disk full"), errorLog("Disk fine", 1)]);
    const first = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    assert.deepEqual(outcomesOf(printedSummary(first)), { updated: 2 });
    await fixture.send("PUT", `/${index}/_doc/0?refresh=true`, errorLog("Disk still full"));

    const second = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    const summary = printedSummary(second);
    assert.deepEqual([summary.found, outcomesOf(summary)], [1, { updated: 1 }]);
    const source = (await fixture.documents(index)).get(`${index}/0`)?.source;
    assert.equal(Object(source?.["log_vector_meta"]).text_hash, textHash("Disk still full"));
    assert.equal(await countWithVector(fixture, index), 2);
  });

  test("blank messages are marked once, and are no backlog any more", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("blank");
    await fixture.create(index);
    await fixture.fill(
      index,
      ["", " \n\t", "Disk full"].map((text, i) => errorLog(text, i)),
    );

    const first = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    const second = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    const summary = printedSummary(first);
    assert.equal(first.code, 0);
    assert.deepEqual(outcomesOf(summary), { updated: 1, empty: 2 });
    assert.deepEqual([summary.found, summary.backlog], [3, 0]);
    assert.equal(printedSummary(second).taken, 0);
    const marks = { term: { "log_vector_meta.skipped": "empty" } };
    assert.equal(await count(fixture, index, marks), 2);
  });
});

/** As the index keeps them. */
function floats(vector: unknown): Float32Array {
  return Float32Array.from(z.array(z.number()).parse(vector));
}

async function count({ send }: OpenSearchFixture, index: string, query: Record<string, unknown>) {
  return (await send("POST", `/${index}/_count`, { query }))["count"];
}

function countWithVector(fixture: OpenSearchFixture, index: string) {
  return count(fixture, index, { exists: { field: "log_vector" } });
}
