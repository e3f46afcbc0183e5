import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { modelFolder, skipWithout } from "../../../scripts/models/model-folder.ts";
import { checkAnswerShape } from "../../../src/status/check-report.ts";
import { statusShape } from "../../../src/status/status-shape.ts";
import { printedAnswer, printedSummary } from "../../support/asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../support/commands/run-command.ts";
import {
  errorLog,
  errorLogs,
  newestOpenSearch,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { startTcpGate } from "../../support/servers/tcp-gate.ts";

const MINILM = "all-minilm-l6-v2-int8@1";
const HASHING = "local-hashing-v1";
const RECORDS = 3;

const vectored = z.object({
  log_vector: z.array(z.number()),
  log_vector_meta: z.object({ model: z.string() }),
});

type Env = Record<string, string | undefined>;

/** An index with records, and the settings of somebody who names the local embedder and no model. */
async function unnamedModel(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(RECORDS));
  const env: Env = {
    ...fixture.env,
    EMBEDDING_MODEL: undefined,
    EMBEDDING_DIMENSIONS: undefined,
    MODEL_DIR: modelFolder(),
    STATE_DIR: `${await temporaryFolder(t)}/state`,
  };
  const run = (args: readonly string[], more: Env = {}) =>
    runVectorizer(t, args, { env: { ...env, ...more } });
  const status = async (more: Env = {}) =>
    printedAnswer(await run(["status", "--json"], more), statusShape);
  /** Another record comes. */
  const more = () =>
    fixture.send("PUT", `/${index}/_doc/more?refresh=true`, errorLog("Request 9 failed", 9));
  return { fixture, env, run, status, more, stamps: () => stampsIn(fixture, index) };
}

/** How many records have a vector of which model and length. */
async function stampsIn(fixture: OpenSearchFixture, index: string) {
  await fixture.send("POST", `/${index}/_refresh`);
  const counts: Record<string, number> = {};
  for (const { source } of (await fixture.documents(index)).values()) {
    const { data } = vectored.safeParse(source);
    if (!data) continue;
    const name = `${data.log_vector_meta.model} ${data.log_vector.length}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("an installation with vectors of hashing goes on with it, is told how to change, and changes so", async (t) => {
  const { run, status, stamps, more } = await unnamedModel(t);
  // As every earlier version did without a name.
  assert.equal((await run(["--once"], { EMBEDDING_MODEL: "hashing" })).code, 0);
  await more();
  const other = { STATE_DIR: `${await temporaryFolder(t)}/state` };
  const once = await run(["--once"], other);
  assert.equal(once.code, 0, once.stdout + once.stderr);
  assert.match(once.stdout, /WARN .*this installation goes on with hashing/);
  assert.deepEqual(await stamps(), { [`${HASHING} 1536`]: RECORDS + 1 });

  const { model, issues, total } = await status();
  assert.partialDeepStrictEqual(model, { model: HASHING, chosen_by: "stored_vectors" });
  assert.equal(total.vectorized, RECORDS + 1);
  const issue = issues.find(({ id }) => id === "default_model");
  const lines = /EMBEDDING_MODEL=all-minilm-l6-v2, EMBEDDING_DIMENSIONS=1536 and LOCAL_PAD=true/;
  assert.match(issue?.action ?? "", lines);
  const check = printedAnswer(await run(["check", "--json"]), checkAnswerShape);
  assert.match(check.checks.find(({ name }) => name === "model")?.hint ?? "", lines);
  const found = await run(["search", "Request 1 failed"]);
  assert.equal(found.code, 0, found.stdout + found.stderr);

  const kept = await status({ EMBEDDING_MODEL: "hashing" });
  assert.deepEqual([kept.model.chosen_by, kept.issues], ["settings", []]);
});

test(
  "the settings that it is told give its vectors the default model, with which it then goes on by itself",
  { skip: skipWithout("all-minilm-l6-v2") },
  async (t) => {
    const { run, status, stamps } = await unnamedModel(t);
    assert.equal((await run(["--once"], { EMBEDDING_MODEL: "hashing" })).code, 0);
    const padded = { EMBEDDING_DIMENSIONS: "1536", LOCAL_PAD: "true" };
    const named = { ...padded, EMBEDDING_MODEL: "all-minilm-l6-v2" };
    const before = await status(named);
    assert.equal(before.other_models?.records, RECORDS);
    const reembed = await run(["reembed"], named);
    assert.equal(reembed.code, 0, reembed.stdout + reembed.stderr);
    assert.deepEqual(await stamps(), { [`${MINILM} 1536`]: RECORDS });
    const after = await status(padded);
    assert.deepEqual([after.model.model, after.issues], [MINILM, []]);
  },
);

test(
  "an index without vectors gets those of the default model",
  { skip: skipWithout("all-minilm-l6-v2") },
  async (t) => {
    const { run, status, stamps } = await unnamedModel(t);
    const once = await run(["--once", "--json"]);
    assert.equal(printedSummary(once).outcomes.updated, RECORDS);
    assert.deepEqual(await stamps(), { [`${MINILM} 384`]: RECORDS });
    const { model, issues } = await status();
    assert.deepEqual([model.chosen_by, issues], ["default", []]);
  },
);

test("an index that earlier settings mapped and nobody filled is skipped, with each way out", async (t) => {
  const { run, stamps } = await unnamedModel(t);
  assert.equal((await run(["init"], { EMBEDDING_MODEL: "hashing" })).code, 0);
  const check = await run(["check"]);
  assert.equal(check.code, 1, check.stdout);
  assert.match(check.stdout, /mapped for vectors of length 1536, but all-minilm-l6-v2\S* makes/);
  assert.match(check.stdout, /EMBEDDING_DIMENSIONS=1536 and LOCAL_PAD=true/);
  assert.match(check.stdout, /EMBEDDING_MODEL=hashing/);
  assert.equal((await run(["--once"])).code, 1);
  assert.deepEqual(await stamps(), {});
  assert.equal((await run(["--once"], { EMBEDDING_MODEL: "hashing" })).code, 0);
  assert.deepEqual(await stamps(), { [`${HASHING} 1536`]: RECORDS });
});

test("a daemon whose OpenSearch is down at its first start waits, guesses nothing, and goes on with what is there", async (t) => {
  const { fixture, env, run, stamps, more } = await unnamedModel(t);
  const { hostname, port } = new URL(fixture.url);
  assert.equal((await run(["--once"], { EMBEDDING_MODEL: "hashing" })).code, 0);
  await more();
  const gate = await startTcpGate(t, { host: hostname, port: Number(port) });
  gate.cut();
  const gated = {
    OPENSEARCH_URL: `http://127.0.0.1:${gate.port}`,
    STATE_DIR: `${await temporaryFolder(t)}/state`,
  };
  const refused = await run(["--once"], gated);
  assert.equal(refused.code, 3, refused.stdout + refused.stderr);
  const check = await run(["check", "--json"], gated);
  const { ok, checks } = printedAnswer(check, checkAnswerShape);
  assert.deepEqual([check.code, ok, checks.at(-1)?.result], [3, false, "failed"]);

  const daemon = await startVectorizer(t, [], { env: { ...env, ...gated } });
  await daemon.says(/EMBEDDING_MODEL is not set, and which model's vectors are there is not known/);
  assert.equal((await run(["health"], gated)).code, 0, "it counts as alive");
  gate.restore();
  await daemon.says(/Cycle #1 summary/);
  assert.deepEqual(await stamps(), { [`${HASHING} 1536`]: RECORDS + 1 });
  daemon.kill("SIGTERM");
  await daemon.ended;

  // It knows from now on.
  gate.cut();
  const again = await startVectorizer(t, [], { env: { ...env, ...gated } });
  await again.says(/local-hashing-v1/);
  again.kill("SIGTERM");
  assert.equal((await again.ended).code, 0);
});
