import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { modelFolder, skipWithout } from "../../../scripts/models/model-folder.ts";
import { searchAnswerShape } from "../../../src/search/search-answer.ts";
import { printedAnswer, printedError } from "../../support/asserts/printed-json.ts";
import { runVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";
import { errorLog, newestOpenSearch } from "../../support/servers/open-search-fixture.ts";

const MODEL = "all-minilm-l6-v2";
const STAMP = "all-minilm-l6-v2-int8@1";
const LONG = `Unhandled exception ${"at com.example.Frame.call(Frame.java:1) ".repeat(60)}`;
const MESSAGES = [
  "No space left on device",
  "Certificate for api.example.com has expired",
  "Connection pool orders-db has no idle connection",
  "Login refused: wrong password for user 17",
  "Process killed by the kernel: out of memory",
  LONG,
];

async function samples(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("meaning");
  await fixture.create(index);
  await fixture.fill(index, MESSAGES.map(errorLog));
  const env: Record<string, string | undefined> = {
    ...fixture.env,
    EMBEDDING_MODEL: MODEL,
    EMBEDDING_DIMENSIONS: undefined,
    MODEL_DIR: modelFolder(),
  };
  const run = (args: readonly string[], more: Record<string, string | undefined> = {}) =>
    runVectorizer(t, args, { env: { ...env, ...more } });
  return { fixture, index, run };
}

suite("a model in this process", { skip: skipWithout(MODEL) }, () => {
  test("finds what is meant by words that no record shares, and stamps what it cut", async (t) => {
    const { fixture, index, run } = await samples(t);
    const once = await run(["--once"]);
    assert.equal(once.code, 0, once.stdout + once.stderr);
    await fixture.send("POST", `/${index}/_refresh`);
    for (const [words, expected] of [
      ["hard disk is full", /^No space left/],
      ["TLS validity period is over", /^Certificate/],
      ["RAM exhausted", /out of memory$/],
    ] as const) {
      const found = await run(["search", "--json", words]);
      assert.equal(found.code, 0, found.stderr);
      const { hits, model, dimensions } = printedAnswer(found, searchAnswerShape);
      assert.deepEqual([model, dimensions], [STAMP, 384]);
      assert.match(hits[0]?.message ?? "", expected, words);
    }
    const written = [...(await fixture.documents(index)).values()].map(({ source }) => source);
    assert.equal(written.length, MESSAGES.length);
    for (const { message, log_vector: vector, log_vector_meta: meta } of written) {
      assert.partialDeepStrictEqual(meta, {
        model: STAMP,
        dimensions: 384,
        truncated: message === LONG,
      });
      assert.equal(Array.isArray(vector) && vector.length, 384);
    }
  });

  test("fits an index that is mapped for longer vectors by zeros, as check says", async (t) => {
    const { fixture, index, run } = await samples(t);
    await fixture.send("PUT", `/${index}/_mapping`, {
      properties: {
        log_vector: {
          type: "knn_vector",
          dimension: 400,
          method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
        },
      },
    });
    const refused = await run(["check"]);
    assert.equal(refused.code, 1, refused.stdout);
    assert.match(refused.stdout, /EMBEDDING_DIMENSIONS=400 and LOCAL_PAD=true/);
    const padded = { EMBEDDING_DIMENSIONS: "400", LOCAL_PAD: "true" };
    assert.equal((await run(["--once"], padded)).code, 0);
    await fixture.send("POST", `/${index}/_refresh`);
    const found = await run(["search", "--json", "hard disk is full"], padded);
    const { hits } = printedAnswer(found, searchAnswerShape);
    assert.match(hits[0]?.message ?? "", /^No space left/);
  });
});

test("a model file that cannot be used ends each run with the file and the command, and nothing is written", async (t) => {
  const { fixture, index, run } = await samples(t);
  const folder = await temporaryFolder(t);
  const file = join(folder, "all-minilm-l6-v2.bin");
  await writeFile(file, "cut off");
  const damaged = { MODEL_DIR: folder };
  for (const args of [["--once"], ["check"]]) {
    const ended = await run(args, damaged);
    const said = ended.stdout + ended.stderr;
    assert.equal(ended.code, 3, said);
    assert.ok(said.includes(`${file} ends too early`), said);
    assert.match(said, /log-vectorizer model install all-minilm-l6-v2/);
  }
  const error = printedError(await run(["--once", "--json"], damaged));
  assert.equal(error.kind, "configuration");
  for (const { source } of (await fixture.documents(index)).values()) {
    assert.equal(source["log_vector"], undefined);
  }
});
