import assert from "node:assert/strict";
import { test } from "node:test";
import { adoptAnswerShape } from "../../../src/cli/adopt-stamps.ts";
import { LOCAL_MODELS } from "../../../src/config/groups/embedder-choice.ts";
import { digest } from "../../../src/pipeline/signer.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { stampedLog } from "../../support/servers/open-store.ts";
import { outcomesOf, printedAnswer, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../support/commands/run-command.ts";
import { signer } from "../../support/fakes/signer.ts";

const LOCAL_MODEL = LOCAL_MODELS.hashing.stamp;

const VICTIM = "Payment of order refused by the bank";
const FORGED = Array.from({ length: DIMENSIONS }, (_, i) => (i === 0 ? 1 : 0));

await onEachOpenSearch((version) => {
  test("an ERROR takes no vector out of a forged document, whatever its stamp claims", async (t) => {
    const fixture = await openFixture(t, version);
    const [logs, forged] = [fixture.name("logs"), fixture.name("forged")];
    await fixture.create(logs);
    await fixture.fill(logs, [errorLog("Warm up")]);
    await fixture.create(forged);
    await fixture.fill(forged, [errorLog("Warm up as well")]);
    const env = { ...fixture.env };
    // Both indices have their mappings from here on.
    const first = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(first)), { updated: 2 });

    const stamp = stampedLog(VICTIM, LOCAL_MODEL).log_vector_meta;
    const { mac: _, key: _key, text: _text, ...bare } = stamp;
    const claims = [
      stamp,
      { ...bare, text_hash: digest(VICTIM) },
      { ...bare, key: signer.key },
      { ...stamp, mac: "0".repeat(64) },
    ];
    for (const [i, claim] of claims.entries()) {
      const log = { ...errorLog(`anything ${i}`), level: "INFO" };
      const document = { ...log, log_vector: FORGED, log_vector_meta: claim };
      await fixture.send("PUT", `/${forged}/_doc/forged-${i}?refresh=true`, document);
    }
    await fixture.send("PUT", `/${logs}/_doc/victim?refresh=true`, errorLog(VICTIM));

    const second = await runVectorizer(t, ["--once", "--json"], { env });

    assert.deepEqual(outcomesOf(printedSummary(second)), { updated: 1 });
    const source = (await fixture.documents(logs)).get(`${logs}/victim`)?.source;
    assert.notDeepEqual(source?.["log_vector"], FORGED);
    assert.ok(
      signer.holds(
        Object(source?.["log_vector_meta"]),
        Float32Array.from(Object(source?.["log_vector"])),
      ),
    );
  });

  test("an index that takes no mapping for signatures gets its vectors without them", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("full");
    await fixture.create(index, {
      mappings: {
        properties: {
          ...LOG_PROPERTIES,
          log_vector: {
            type: "knn_vector",
            dimension: DIMENSIONS,
            method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
          },
          log_vector_meta: {
            dynamic: "strict",
            properties: {
              model: { type: "keyword" },
              dimensions: { type: "integer" },
              text_hash: { type: "keyword" },
              embedded_at: { type: "date" },
              truncated: { type: "boolean" },
              skipped: { type: "keyword" },
              attempts: { type: "integer" },
              error: { type: "keyword" },
              next_try: { type: "date" },
            },
          },
        },
      },
    });
    await fixture.fill(index, [errorLog("Disk full")]);
    const env = { ...fixture.env, MAPPING: "strict" };

    const ended = await runVectorizer(t, ["--once", "--json"], { env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 1 });
    const source = (await fixture.documents(index)).get(`${index}/0`)?.source;
    assert.equal(Object(source?.["log_vector_meta"]).mac, undefined);
    assert.equal(Object(source?.["log_vector_meta"]).model, LOCAL_MODEL);
  });

  test("an index without room for signatures gets its vectors all the same, and check says so", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("narrow");
    // Room for what a vector cannot do without, and for two fields more.
    const settings = { "mapping.total_fields.limit": 16 };
    await fixture.create(index, { settings });
    await fixture.fill(index, [errorLog("Disk full"), errorLog(" ", 1)]);
    const env = { ...fixture.env };

    const ended = await runVectorizer(t, ["--once", "--json"], { env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 1, empty: 1 }, ended.stderr);
    const source = (await fixture.documents(index)).get(`${index}/0`)?.source;
    assert.equal(Object(source?.["log_vector_meta"]).model, LOCAL_MODEL);
    const check = await runVectorizer(t, ["check"], { env });
    assert.match(check.stdout, /! +stamps .*narrow has no mapping for signatures/, check.stdout);
    const init = await runVectorizer(t, ["init"], { env });
    assert.match(init.stdout, /✗ map what signs stamps, .* failed: .*[Ll]imit of total fields/);
  });

  test("a forged mark hides nothing after a cycle, and is told with its index", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Warm up")]);
    const env = { ...fixture.env, LOG_FORMAT: "json" };
    await runVectorizer(t, ["--once"], { env });
    const next = { next_try: "2999-01-01T00:00:00.000Z" };
    const mark = { skipped: "refused", attempts: 1, error: "call 555-0100", field: "message" };
    const claim = { ...mark, ...next, text_hash: signer.textHash(VICTIM) };
    const forged = { ...errorLog(VICTIM, 5), log_vector_meta: claim };
    await fixture.send("PUT", `/${index}/_doc/forged?refresh=true`, forged);
    const empty = { skipped: "empty", field: "message" };
    const hidden = { ...errorLog("Hidden", 6), log_vector_meta: empty };
    await fixture.send("PUT", `/${index}/_doc/hidden?refresh=true`, hidden);
    const listed = await runVectorizer(t, ["quarantine", "list"], { env });
    assert.match(listed.stdout, /index "\S+_logs" says: "call 555-0100"/);

    const ended = await runVectorizer(t, ["--once", "--json"], { env });

    const summary = printedSummary(ended);
    assert.deepEqual(outcomesOf(summary), { updated: 2 }, ended.stderr);
    assert.equal(summary.false_marks, 2);
    assert.match(ended.stderr, /2 marks in \S+_logs were removed/);
  });

  test("stamps of several keys are warned of, at the start and by check", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Disk full")]);
    const { env } = fixture;
    await runVectorizer(t, ["--once"], { env });
    const other = { ...env, STAMP_KEY: "another key that stands in the tests alone" };
    const { key } = signer;
    const warning = new RegExp(
      `1 vector is signed with other keys \\(${key}: 1\\) than this process's`,
    );

    const check = await runVectorizer(t, ["check"], { env: other });
    assert.match(check.stdout, warning);
    assert.match(check.stdout, /Hint: Set the same STAMP_KEY/);
    const own = await runVectorizer(t, ["check"], { env });
    assert.doesNotMatch(own.stdout, /other keys/);
    const daemon = await startVectorizer(t, [], { env: other });
    await daemon.says(warning);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  });

  test("vectors of before are not pending; init --adopt-stamps signs them, once it is told --yes", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Warm up")]);
    const { env } = fixture;
    await runVectorizer(t, ["--once"], { env });
    const { log_vector_meta: stamp, ...log } = stampedLog(VICTIM, LOCAL_MODEL);
    const { mac: _, key: _key, text: _text, ...bare } = stamp;
    const old = { ...log, log_vector_meta: { ...bare, text_hash: digest(VICTIM) } };
    await fixture.send("PUT", `/${index}/_doc/old?refresh=true`, old);
    const idle = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(idle)), {});

    const asked = await runVectorizer(t, ["init", "--adopt-stamps"], { env });
    assert.equal(asked.code, 2);
    const dry = await runVectorizer(t, ["init", "--adopt-stamps", "--dry-run", "--json"], { env });
    assert.partialDeepStrictEqual(printedAnswer(dry, adoptAnswerShape), {
      documents: 1,
      indices: [index],
      dry_run: true,
    });
    assert.match(asked.stdout, /^1 vector in 1 index is not signed\./m);
    assert.match(asked.stdout, /no request to the embedder, 1 update at most, and about /);
    const meta = async () =>
      Object((await fixture.documents(index)).get(`${index}/old`)?.source["log_vector_meta"]);
    assert.equal((await meta()).mac, undefined);
    const adopted = await runVectorizer(t, ["init", "--adopt-stamps", "--yes"], { env });
    assert.equal(adopted.code, 0, adopted.stderr);
    assert.match(adopted.stdout, /^1 of 1 vector signed\.$/m);
    await fixture.send("PUT", `/${index}/_doc/older?refresh=true`, old);
    const more = await runVectorizer(t, ["init", "--adopt-stamps", "--yes", "--json"], { env });
    assert.partialDeepStrictEqual(printedAnswer(more, adoptAnswerShape), {
      documents: 1,
      seen: 1,
      signed: 1,
      left: 0,
      failed: 0,
    });
    assert.ok(signer.holds(await meta(), Float32Array.from(log.log_vector)));

    await fixture.send("PUT", `/${index}/_doc/equal?refresh=true`, errorLog(VICTIM, 9));
    const again = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(again)), { reused: 1 });
  });
});
