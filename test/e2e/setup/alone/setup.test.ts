import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  takesFlatVectors,
} from "../../../support/servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../../../support/servers/open-search-fixture.ts";
import { initAnswerShape } from "../../../../src/cli/init.ts";
import { printedAnswer, printedSummary } from "../../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../../support/commands/run-command.ts";
import {
  cleanFixture,
  clusterMetadata,
  init,
  NAME,
  ownIndexTemplate,
  putTemplate,
  resultsOf,
  templateNamed,
  vectorMapping,
} from "./cluster-setup.ts";

const LUCENE = { name: "hnsw", engine: "lucene", space_type: "cosinesimil" };

await onEachOpenSearch((version) => {
  test("where no template is there, --apply makes new indices searchable by graph", async (t) => {
    const fixture = await cleanFixture(t, version);
    const plain = await init(t, fixture);
    assert.deepEqual(
      plain.steps.map(({ description, result }) => [description.split(" ")[0], result]),
      [
        ["create", "done"],
        ["create", "proposed"],
      ],
    );
    assert.match(plain.steps[1]?.command ?? "", /^curl -X PUT .*_index_template\/log-vectorizer/);

    const applied = await init(t, fixture, ["--apply"]);

    assert.deepEqual(resultsOf(applied), ["done"]);
    await assertNewIndexTakesVectors(t, fixture, fixture.name("new"));
  });

  test("a second run finds everything in order and changes nothing", async (t) => {
    const fixture = await cleanFixture(t, version);
    await fixture.create(fixture.name("logs"));
    await init(t, fixture, ["--apply"]);
    const before = await clusterMetadata(fixture);

    const again = await init(t, fixture, ["--apply"]);

    assert.deepEqual(again.steps, []);
    assert.deepEqual(again.warnings, []);
    assert.ok(again.notes.some((note) => /1 of 1 fit indices are mapped already/.test(note)));
    assert.ok(again.notes.includes(`component template ${NAME} is there already`));
    assert.ok(again.notes.some((note) => /is composed of log-vectorizer already/.test(note)));
    assert.deepEqual(await clusterMetadata(fixture), before);
  });

  test("--dry-run shows every step and changes nothing in the cluster", async (t) => {
    const fixture = await cleanFixture(t, version);
    await fixture.create(fixture.name("logs"));
    await putTemplate(fixture, "theirs", { mappings: { properties: LOG_PROPERTIES } });
    const before = await clusterMetadata(fixture);

    const plan = await init(t, fixture, ["--dry-run"]);
    const both = await runVectorizer(t, ["init", "--dry-run", "--apply"], { env: fixture.env });

    assert.deepEqual(resultsOf(plan), ["proposed", "proposed", "proposed"]);
    assert.equal(both.code, 2, "to apply and to do nothing is no sense");
    assert.deepEqual(await clusterMetadata(fixture), before);
  });

  test("an index template that overlaps gets the component by --apply alone, and keeps the rest", async (t) => {
    const fixture = await cleanFixture(t, version);
    const settings = { index: { number_of_replicas: "0", refresh_interval: "7s" } };
    const mappings = { properties: { ...LOG_PROPERTIES, service: { type: "keyword" } } };
    const name = await putTemplate(fixture, "theirs", { settings, mappings });
    const before = await templateNamed(fixture, name);

    const plain = await init(t, fixture);
    assert.deepEqual(await templateNamed(fixture, name), before);
    assert.match(plain.steps.at(-1)?.command ?? "", new RegExp(`/_index_template/${name}'`));
    const applied = await init(t, fixture, ["--apply"]);

    assert.deepEqual(resultsOf(applied), ["done"]);
    assert.deepEqual(await templateNamed(fixture, name), { ...before, composed_of: [NAME] });
    assert.deepEqual(await ownIndexTemplate(fixture), []);
    const index = fixture.name("new");
    await assertNewIndexTakesVectors(t, fixture, index);
    const created = await fixture.send("GET", `/${index}/_settings?flat_settings=true`);
    assert.match(JSON.stringify(created), /"index.refresh_interval":"7s"/);
  });

  test("an index template with its own log_vector is left as it is", async (t) => {
    const fixture = await cleanFixture(t, version);
    const vector = { type: "knn_vector", dimension: 3, method: LUCENE };
    const name = await putTemplate(fixture, "theirs", {
      settings: { "index.knn": true },
      mappings: { properties: { ...LOG_PROPERTIES, log_vector: vector } },
    });
    const before = await templateNamed(fixture, name);

    const plan = await init(t, fixture, ["--apply"]);

    assert.ok(plan.notes.some((note) => /maps log_vector itself and is left as it is/.test(note)));
    assert.deepEqual(await templateNamed(fixture, name), before);
    assert.deepEqual(await ownIndexTemplate(fixture), []);
  });

  test("a template that sets index.knn to false is not broken: the refused step is reported", async (t) => {
    const fixture = await cleanFixture(t, version);
    const name = await putTemplate(fixture, "theirs", {
      settings: { "index.knn": false },
      mappings: { properties: LOG_PROPERTIES },
    });
    const before = await templateNamed(fixture, name);

    const ended = await runVectorizer(t, ["init", "--apply", "--json"], { env: fixture.env });

    const plan = printedAnswer(ended, initAnswerShape);
    const refused = plan.steps.find(({ result }) => result === "failed");
    assert.deepEqual([ended.code, refused !== undefined], [1, true], ended.stdout);
    assert.match(refused?.error ?? "", /theirs\].* is invalid/);
    assert.deepEqual(await templateNamed(fixture, name), before);
    await fixture.send("PUT", `/${fixture.name("new")}`);
  });

  test("a legacy template is never switched off by one of ours", async (t) => {
    const fixture = await cleanFixture(t, version);
    await fixture.send("PUT", `/_template/${fixture.name("legacy")}`, {
      index_patterns: [fixture.pattern],
      mappings: { properties: { ...LOG_PROPERTIES, theirs: { type: "keyword" } } },
    });

    const plan = await init(t, fixture, ["--apply"]);

    assert.ok(
      plan.warnings.some((text) => /legacy template .* cannot take a component/.test(text)),
    );
    assert.deepEqual(await ownIndexTemplate(fixture), []);
    const index = fixture.name("new");
    await fixture.send("PUT", `/${index}`);
    const mapping = await fixture.send("GET", `/${index}/_mapping`);
    assert.match(JSON.stringify(mapping), /"theirs":\{"type":"keyword"\}/);
  });

  test("a pattern as wide as *_* never gets an index template", async (t) => {
    const fixture = await cleanFixture(t, version);
    const wide = { ...fixture, env: { ...fixture.env, OPENSEARCH_INDEX_PATTERN: "*_*" } };

    const plan = await init(t, wide, ["--apply"]);

    assert.ok(plan.warnings.some((text) => /covers \*_\*, and it is too wide/.test(text)));
    assert.deepEqual(await ownIndexTemplate(fixture), []);
  });

  test("the template of a data stream passes the vector on to its backing indices", async (t) => {
    const fixture = await cleanFixture(t, version);
    await fixture.send("PUT", `/_index_template/${fixture.name("stream")}`, {
      index_patterns: [fixture.name("stream*")],
      data_stream: {},
      template: { mappings: { properties: LOG_PROPERTIES } },
    });

    await init(t, fixture, ["--apply"]);

    await assertNewIndexTakesVectors(t, fixture, fixture.name("stream-app"));
  });

  test("existing indices get their mapping, and those for exact search alone are named", async (t) => {
    const fixture = await cleanFixture(t, version);
    const [graph, exact] = [fixture.name("graph"), fixture.name("exact")];
    await fixture.create(graph);
    await fixture.create(exact, { settings: { knn: false } });
    await fixture.fill(graph, [errorLog("Disk full")]);
    await fixture.fill(exact, [errorLog("Disk full")]);
    const documents = await fixture.documents(fixture.pattern);

    const plan = await init(t, fixture);

    assert.equal((await vectorMapping(fixture, graph))?.method?.engine, "lucene");
    assert.deepEqual(await fixture.documents(fixture.pattern), documents);
    const flat = await vectorMapping(fixture, exact);
    if (!takesFlatVectors(version)) {
      assert.deepEqual([plan.unfit.map(({ index }) => index), flat], [[exact], undefined]);
      return;
    }
    assert.deepEqual(plan.exact_only, [exact]);
    assert.deepEqual([flat?.dimension, flat?.method], [DIMENSIONS, undefined]);
    const shown = await runVectorizer(t, ["init", "--dry-run"], { env: fixture.env });
    assert.match(shown.stdout, new RegExp(`Searched only exactly, .*: ${exact}\n`));
  });
});

/** A record sent to a name that is not there yet gets a vector that a k-NN query finds. */
async function assertNewIndexTakesVectors(
  t: TestContext,
  fixture: OpenSearchFixture,
  name: string,
) {
  await fixture.fill(name, [errorLog("Disk full")]);
  const method = (await vectorMapping(fixture, name))?.method;
  assert.equal(method?.engine, "lucene");
  const settings = await fixture.send("GET", `/${name}/_settings?flat_settings=true`);
  assert.match(JSON.stringify(settings), /"index.knn":"true"/);
  const ended = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
  assert.equal(printedSummary(ended).outcomes.updated, 1, ended.stderr);
  const vector = Array.from({ length: DIMENSIONS }, (_, i) => i + 1);
  const query = { knn: { log_vector: { vector, k: 1 } } };
  const found = await fixture.send("POST", `/${name}/_search`, { query, _source: false });
  assert.match(JSON.stringify(found), /"_id":"0"/);
}
