import assert from "node:assert/strict";
import { test } from "node:test";
import { missingProperties } from "../../../src/adapters/opensearch/mapping.ts";
import {
  DIMENSIONS,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const DERIVED = { index: { derived_source: { enabled: true } } };

await onEachOpenSearch((version) => {
  // 2.19 has no derived source.
  if (version.startsWith("2.")) return;

  test("an index with derived source takes the mapping of our stamp", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("derived");
    const vector = { field: "log_vector", metaField: "log_vector_meta", dimensions: DIMENSIONS };
    const method = { engine: "lucene", spaceType: "cosinesimil" };
    const known = { knn: true, vectorMapped: true };
    const properties = missingProperties(known, { ...vector, ...method });
    await fixture.send("PUT", `/${index}`, { settings: DERIVED });
    await fixture.send("PUT", `/${index}/_mapping`, { properties });
  });

  test("init proposes nothing to a template that sets derived source", async (t) => {
    const fixture = await openFixture(t, version);
    await fixture.send("PUT", `/_index_template/${fixture.name("theirs")}`, {
      index_patterns: [fixture.pattern],
      template: { settings: DERIVED },
    });
    const init = await runVectorizer(t, ["init", "--dry-run"], { env: fixture.env });
    assert.equal(init.code, 0, init.stderr);
    assert.match(init.stdout, /! index template \S+theirs sets index\.derived_source\.enabled/);
    assert.doesNotMatch(init.stdout, /composed_of/);
  });
});
