import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { recordName } from "../../../src/domain/log-record.ts";
import type { WordsQuery } from "../../../src/ports/record-store.ts";
import { searchAnswerShape } from "../../../src/search/search-answer.ts";
import { printedAnswer } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  newestOpenSearch,
  onEachOpenSearch,
  openFixture,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openStore } from "../../support/servers/open-store.ts";

const BLOCK = "blk_-1608999687919862906";
const OTHER = "blk_-1608999687919862907";

/** Messages as the indices of one cluster map them. */
const MAPPINGS: Record<string, Record<string, unknown>> = {
  text: { message: { type: "text" } },
  lines: { message: { type: "match_only_text" } },
  keyword: { message: { type: "keyword" } },
  wildcard: { message: { type: "wildcard" } },
  beside: { message: { type: "keyword", fields: { words: { type: "text" } } } },
  unindexed: { message: { type: "text", index: false, fields: { raw: { type: "keyword" } } } },
  docs: { message: { type: "text", index_options: "docs" } },
  elsewhere: { msg: { type: "text" } },
};

await onEachOpenSearch((version) => {
  for (const [name, properties] of Object.entries(MAPPINGS)) {
    test(`words are found in messages mapped as ${name}`, async (t) => {
      const fixture = await openFixture(t, version);
      const { "@timestamp": time, level } = LOG_PROPERTIES;
      const index = fixture.name(name);
      await fixture.create(index, {
        mappings: { properties: { "@timestamp": time, level, ...properties } },
      });
      const field = "msg" in properties ? "msg" : "message";
      const as = (message: string, minutes: number) => {
        const { message: _, ...rest } = errorLog("", minutes);
        return { ...rest, [field]: message };
      };
      await fixture.fill(index, [
        as(`Could not read block ${BLOCK} of the file`, 1),
        as(`Could not read block ${OTHER} of the file`, 2),
        as("Disk FULL on node-7: (1 * 2?)", 3),
        as("at com.acme.OrderService.charge(OrderService.java:10)", 4),
      ]);
      const find = await open(t, fixture);
      assert.equal((await find(["read", BLOCK]))[0], "0");
      assert.deepEqual(await find(["full"]), ["2"]);
      assert.equal((await find(["OrderService.charge"]))[0], "3");
      assert.deepEqual(await find(["nothing"]), []);
      assert.deepEqual(await find(["disk"], { filter: { phrases: ["disk full"] } }), ["2"]);
      assert.deepEqual(await find(["block"], { filter: { phrases: [BLOCK] } }), ["0"]);
      const phrases = ["OrderService.charge"];
      assert.deepEqual(await find(["OrderService.charge"], { filter: { phrases } }), ["3"]);
    });
  }

  test("indices of different fields are searched at once", async (t) => {
    const fixture = await openFixture(t, version);
    const { "@timestamp": time, level } = LOG_PROPERTIES;
    const names = ["text", "keyword", "elsewhere"];
    for (const name of names) {
      const properties = { "@timestamp": time, level, ...MAPPINGS[name] };
      await fixture.create(fixture.name(name), { mappings: { properties } });
      const { message, ...rest } = errorLog(`lost ${BLOCK} of ${name}`);
      const field = name === "elsewhere" ? "msg" : "message";
      await fixture.fill(fixture.name(name), [{ ...rest, [field]: message }]);
    }
    const find = await open(t, fixture);
    assert.deepEqual(await find([BLOCK]), ["0", "0", "0"]);
  });

  test("a name is as rare in a small index as in a large one", async (t) => {
    const fixture = await openFixture(t, version);
    const [small, large] = [fixture.name("small"), fixture.name("large")];
    await fixture.create(small);
    await fixture.create(large, { settings: { number_of_shards: 3 } });
    await fixture.fill(small, [errorLog(`lost block ${BLOCK}`)]);
    const others = Array.from({ length: 200 }, (_, i) => errorLog(`node ${i} is well`, i));
    await fixture.fill(large, [...others, errorLog("no block is lost here")]);
    const find = await open(t, fixture);
    assert.equal((await find(["lost", "block", BLOCK]))[0], "0");
  });

  test("an index that cannot answer is a gap, and the others are searched", async (t) => {
    const fixture = await openFixture(t, version);
    const [good, shut] = [fixture.name("good"), fixture.name("shut")];
    await fixture.create(good);
    await fixture.fill(good, [errorLog("disk full")]);
    await fixture.create(shut, {
      mappings: { properties: { ...LOG_PROPERTIES, level: { type: "text" } } },
    });
    await fixture.fill(shut, [errorLog("disk full")]);
    const find = await open(t, fixture);
    assert.equal((await find(["disk"])).length, 2);
    await fixture.send("POST", `/${shut}/_close`);
    assert.deepEqual(await find(["disk"]), ["0"]);
  });
});

test("search by words needs no embedder, and both goes on without one", async (t) => {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [
    errorLog("payment ERR_4711 was refused, password=hunter2hunter2", 1),
    errorLog("payment ERR_4712 was refused", 2),
  ]);
  const { env } = fixture;
  assert.equal((await runVectorizer(t, ["--once"], { env })).code, 0);
  const fresh = errorLog("payment ERR_4713 was refused", 3);
  await fixture.send("PUT", `/${index}/_doc/fresh?refresh=true`, fresh);
  const keyless = {
    ...env,
    EMBEDDING_PROVIDER: "openai",
    EMBEDDING_MODEL: "text-embedding-3-small",
  };
  const words = await runVectorizer(
    t,
    ["search", "--json", "--mode", "words", "ERR_4713", '"was refused"'],
    { env: keyless },
  );
  assert.equal(words.code, 0, words.stderr);
  const answer = printedAnswer(words, searchAnswerShape);
  assert.deepEqual(answer.query.must_have, ["was refused"]);
  const [hit = assert.fail()] = answer.hits;
  assert.match(hit.message, /ERR_4713/);
  assert.deepEqual([hit.score, hit.vectorized, answer.searched_by], [null, false, ["words"]]);

  const both = await runVectorizer(t, ["search", "ERR_4711"], { env });
  assert.equal(both.code, 0, both.stderr);
  assert.match(both.stdout, /^The best.* and all by words, in 1 index\.$/m);
  assert.match(both.stdout, /^ *\d\.\d{3} .*payment ERR_4711 was refused, password=\*\*\*$/m);

  const down = { EMBEDDING_PROVIDER: "ai-service", AI_SERVICE_URL: "http://127.0.0.1:1" };
  const model = { EMBEDDING_MODEL: "local-hashing-v1" };
  const without = await runVectorizer(t, ["search", "ERR_4711"], {
    env: { ...env, ...down, ...model },
  });
  assert.equal(without.code, 1, without.stderr);
  assert.match(without.stdout, /payment ERR_4711 was refused/);
  assert.match(
    without.stdout,
    /^Not searched by meaning, so that these are the hits by words alone/m,
  );
});

async function open(t: TestContext, { url, pattern }: OpenSearchFixture) {
  const store = await openStore(t, { url, pattern });
  const { fit } = await store.survey(t.signal);
  const indices = fit.map(({ index }) => index);
  return async (words: readonly string[], changes: Partial<WordsQuery> = {}) => {
    const all = { indices, filter: {}, excludeKeys: [], excludeHashes: [], limit: 50, words };
    const { hits, leftOut } = await store.findByWords({ ...all, ...changes }, t.signal);
    assert.deepEqual(leftOut, []);
    return hits.map(({ record }) => recordName(record).replace(/^.*\//, ""));
  };
}
