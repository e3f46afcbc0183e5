import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL_MODEL } from "../../src/config/embedding-config.ts";
import { digest } from "../../src/enrichment/signer.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../support/open-search-fixture.ts";
import { stampedLog } from "../support/open-store.ts";
import { outcomesOf, printedSummary } from "../support/printed-json.ts";
import { runVectorizer } from "../support/run-command.ts";
import { signer } from "../support/signer.ts";

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
});
