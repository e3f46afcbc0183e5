import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createLocalEmbedder } from "../../../../src/adapters/local-embedder/local-embedder.ts";
import {
  DIMENSIONS,
  errorLog,
  onEachOpenSearch,
  openFixture,
  takesFlatVectors,
} from "../../../support/servers/open-search-fixture.ts";
import type {
  OpenSearchFixture,
  StoredDocument,
} from "../../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedJson, printedSummary } from "../../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../../support/commands/run-command.ts";
import { casesOf, FULL, setUp, setUpOtherNames } from "./preflight-indices.ts";

const statusShape = z.object({
  indices: z.array(
    z.object({ index: z.string(), coverage: z.number(), pending: z.number(), search: z.string() }),
  ),
  unfit: z.array(z.object({ index: z.string(), reason: z.string(), fix: z.string().optional() })),
});

await onEachOpenSearch((version) => {
  test("indices of every kind side by side are each treated as what they are", async (t) => {
    const fixture = await openFixture(t, version);
    const { env } = fixture;
    const cases = casesOf(version);
    const fit = await Promise.all(
      cases.fit.map(async (one) => ({ ...one, ...(await setUp(fixture, one)) })),
    );
    const unfit = await Promise.all(
      cases.unfit.map(async (one) => ({ ...one, ...(await setUp(fixture, one)) })),
    );
    const full = await setUp(fixture, FULL);
    const others = await setUpOtherNames(fixture);
    const namesBefore = await allNames(fixture);

    const drained = await runVectorizer(t, ["--drain", "--json"], { env });
    const summary = printedSummary(drained);
    const shown = await runVectorizer(t, ["status", "--json"], { env });
    const status = printedJson(shown, statusShape);
    const again = printedSummary(await runVectorizer(t, ["--drain", "--json"], { env }));
    const namesAfter = await allNames(fixture);
    const lineAbout = (index: string) =>
      drained.stderr.split("\n").find((line) => line.includes(`Index ${index} is skipped`));

    await t.test("the drain takes all that is fit, and the numbers add up", () => {
      assert.equal(drained.code, 0, drained.stderr);
      const takenIds = [...fit.map(({ taken }) => taken), ...others.fit.values()].flat();
      const { updated = 0, reused = 0, ...rest } = outcomesOf(summary);
      assert.deepEqual(
        { found: summary.found, taken: summary.taken, backlog: summary.backlog, rest },
        { found: takenIds.length, taken: takenIds.length, backlog: 0, rest: {} },
      );
      assert.equal(updated + reused, takenIds.length);
      assert.equal(updated, summary.embedding.texts);
      assert.deepEqual(summary.indices, {
        fit: fit.length + others.fit.size,
        unfit: unfit.length + 1,
      });
    });

    for (const { name, index, taken, before, search = "graph" } of fit) {
      await t.test(`fit, ${name}: its records get their vector and lose nothing`, async () => {
        await assertVectorized(fixture, index, taken, before);
        const row = status.indices.find((one) => one.index === index);
        assert.deepEqual(row, { index, coverage: 1, pending: 0, search });
      });
    }

    for (const [index, taken] of others.fit) {
      await t.test(`fit by another name, ${index}: what that name shows is taken`, async () => {
        await assertVectorized(fixture, index, taken, others.before);
        assert.equal(status.indices.find((one) => one.index === index)?.coverage, 1);
      });
    }

    for (const { name, index, before, reason, fix, reopen } of unfit) {
      await t.test(`unfit, ${name}: nothing in it is touched and the reason is shown`, async () => {
        const row = status.unfit.find((one) => one.index === index);
        assert.match(row?.reason ?? "not among the unfit", reason);
        if (fix) assert.match(row?.fix ?? "no fix is named", fix);
        assert.ok(lineAbout(index)?.includes(row?.reason ?? "?"), drained.stderr);
        await reopen?.(fixture, index);
        assert.deepEqual(await fixture.documents(index), before);
      });
    }

    await t.test("an index that takes no new field is skipped, and says why", async () => {
      assert.match(
        lineAbout(full.index) ?? drained.stderr,
        /took no mapping.*Limit of total field/i,
      );
      assert.deepEqual(await fixture.documents(full.index), full.before);
    });

    await t.test("a dot index is neither shown nor touched, even behind an alias", async () => {
      assert.ok(!`${shown.stdout}${drained.stderr}`.includes(others.dotted));
      const dotted = await fixture.documents(others.dotted);
      for (const [key, document] of dotted) assert.deepEqual(document, others.before.get(key));
    });

    await t.test("no index, data stream or alias came into being", () => {
      assert.deepEqual(namesAfter, namesBefore);
    });

    await t.test("a second drain finds nothing left", () => {
      assert.deepEqual([again.found, again.taken], [0, 0]);
    });

    await t.test("a new field in a log does not cost an index its shard", async () => {
      for (const { name, index } of fit.filter((one) => one.name !== "strict")) {
        const log = { ...errorLog("One more"), "new field": name };
        const path = `/${index}/_doc/new-field?refresh=true`;
        const answer = await fixture.send("PUT", path, { ...log, level: undefined });
        assert.equal(answer["_primary_term"], 1, name);
      }
    });

    await t.test("a k-NN query finds the nearest", async () => {
      const query = { knn: { log_vector: { vector: await nearDiskFull(), k: 1 } } };
      assert.equal(await bestHit(fixture, fixture.name("keyword-level"), query), "1");
    });

    // Where it does not, no index without index.knn is fit.
    if (!takesFlatVectors(version)) return;
    await t.test("an exact search finds the nearest where index.knn is off", async () => {
      const params = {
        field: "log_vector",
        query_value: await nearDiskFull(),
        space_type: "cosinesimil",
      };
      const script = { lang: "knn", source: "knn_score", params };
      const filter = { exists: { field: "log_vector" } };
      const query = { script_score: { query: filter, script } };
      assert.equal(await bestHit(fixture, fixture.name("knn-off"), query), "1");
    });
  });

  test("MAPPING=strict leaves an index without a mapping alone", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("unmapped");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Disk full")]);
    const before = await fixture.documents(index);
    const mapping = await fixture.send("GET", `/${index}/_mapping`);

    const env = { ...fixture.env, MAPPING: "strict" };
    const ended = await runVectorizer(t, ["--once", "--json"], { env });

    const summary = printedSummary(ended);
    assert.deepEqual([summary.taken, summary.indices], [0, { fit: 0, unfit: 1 }]);
    assert.match(ended.stderr, /no mapping for log_vector, and MAPPING=strict.*vectorizer init/);
    assert.deepEqual(await fixture.send("GET", `/${index}/_mapping`), mapping);
    assert.deepEqual(await fixture.documents(index), before);
  });

  test("the newest come first over date and date_nanos, those without a time last", async (t) => {
    const fixture = await openFixture(t, version);
    const { create, fill, name } = fixture;
    const properties = { level: { type: "keyword" }, message: { type: "text" } };
    const timed = (type: string) => ({ properties: { ...properties, "@timestamp": { type } } });
    const timeless = { level: "ERROR", message: "no time" };
    await create(name("dates"), { mappings: timed("date") });
    await fill(name("dates"), [...[1, 3, 5].map((n) => errorLog(String(n), n)), timeless]);
    await create(name("nanos"), { mappings: timed("date_nanos") });
    await fill(name("nanos"), [errorLog("2", 2), errorLog("4", 4)]);
    await create(name("timeless"), { mappings: { properties } });
    await fill(name("timeless"), [timeless]);

    // Each index has its share of a batch; within one the newest come first.
    const cycleOf = new Map<string, number>();
    for (let cycle = 1; cycle <= 9 && cycleOf.size < 7; cycle++) {
      const env = { ...fixture.env, BACKFILL_BATCH_SIZE: "2" };
      const summary = printedSummary(await runVectorizer(t, ["--once", "--json"], { env }));
      assert.ok(summary.taken > 0 && summary.taken <= 2, `${summary.taken} taken`);
      for (const { index, source } of (await fixture.documents(fixture.pattern)).values()) {
        const which = `${index}/${String(source["message"])}`;
        if (source["log_vector"] !== undefined && !cycleOf.has(which)) cycleOf.set(which, cycle);
      }
    }

    assert.equal(cycleOf.size, 7);
    for (const [index, messages] of [
      ["dates", ["5", "3", "1", "no time"]],
      ["nanos", ["4", "2"]],
    ] as const) {
      const cycles = messages.map((message) => cycleOf.get(`${name(index)}/${message}`) ?? 0);
      assert.deepEqual(
        cycles,
        cycles.toSorted((one, other) => one - other),
        index,
      );
    }
  });
});

/** Exactly those have a vector with its stamp; of nothing else has a letter changed, nor has anything come or gone. */
async function assertVectorized(
  fixture: OpenSearchFixture,
  index: string,
  ids: readonly string[],
  before: Map<string, StoredDocument>,
): Promise<void> {
  const documents = await fixture.documents(index);
  const old = [...before.entries()].filter(([, document]) => document.index === index);
  assert.deepEqual([...documents.keys()].toSorted(), old.map(([key]) => key).toSorted());
  for (const [key, { id, source, seqNo }] of documents) {
    const { log_vector: vector, log_vector_meta: stamp, ...rest } = source;
    const was = before.get(key);
    assert.equal(
      JSON.stringify(rest),
      JSON.stringify(was?.source),
      `${key}: another field changed`,
    );
    if (!ids.includes(id)) {
      assert.deepEqual([vector, stamp, seqNo], [undefined, undefined, was?.seqNo], key);
      continue;
    }
    assert.equal(z.array(z.number()).parse(vector).length, DIMENSIONS, key);
    const { model, dimensions } = z.record(z.string(), z.unknown()).parse(stamp);
    assert.deepEqual({ model, dimensions }, { model: "local-hashing-v1", dimensions: DIMENSIONS });
  }
}

/** Everything that has a name in the whole cluster. */
function allNames({ send }: OpenSearchFixture) {
  return send("GET", "/_resolve/index/*?expand_wildcards=all");
}

async function nearDiskFull(): Promise<number[]> {
  const embedder = createLocalEmbedder({ dimensions: DIMENSIONS });
  const input = { text: "Disk /dev/sdb is full", logId: "query" };
  const { vectors } = await embedder.embed([input], new AbortController().signal);
  return Array.from(vectors[0] ?? []);
}

async function bestHit({ send }: OpenSearchFixture, index: string, query: Record<string, unknown>) {
  const answer = await send("POST", `/${index}/_search`, { size: 1, _source: false, query });
  const hits = z.object({ hits: z.object({ hits: z.array(z.object({ _id: z.string() })) }) });
  return hits.parse(answer).hits.hits[0]?._id;
}
