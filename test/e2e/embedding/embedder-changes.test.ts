import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import {
  DIMENSIONS,
  errorLog,
  newestOpenSearch,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { startOpenSearchFaults } from "../../support/servers/open-search-faults.ts";
import { printedError, printedAnswer } from "../../support/asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../support/commands/run-command.ts";
import { reembedPlanShape } from "../../../src/cli/reembed.ts";
import { reembedAnswerShape } from "../../../src/domain/summary.ts";
import { statusShape } from "../../../src/status/status-shape.ts";
import { startStubEmbeddingServer } from "../../support/servers/stub-embedding-server.ts";

const MODEL = "stub-model";
const OLD_MODEL = "local-hashing-v1";
/** Records, and texts of their own among them. */
const [RECORDS, TEXTS] = [60, 40];
const LINE =
  /^(.*WARN {2}| {2})?60 records carry vectors of another model \(local-hashing-v1\), which search does not compare; about \d+ tokens, at most \$0\.\d+\. Make new ones: log-vectorizer reembed\.?$/m;

const docShape = z.object({
  log_vector: z.array(z.number()),
  log_vector_meta: z.object({ model: z.string(), text_hash: z.string() }),
});

/** Two indices whose records have vectors of the local embedder, and another embedder that is in force from now on. */
async function afterTheChange(t: TestContext, version?: OpenSearchVersion) {
  const fixture = await (version ? openFixture(t, version) : newestOpenSearch(t));
  const [a, b] = [fixture.name("a"), fixture.name("b")];
  const logs = Array.from({ length: RECORDS }, (_, i) =>
    errorLog(`Request ${i % TEXTS} failed on node ${i % TEXTS}`, i),
  );
  for (const [index, parity] of [
    [a, 0],
    [b, 1],
  ] as const) {
    await fixture.create(index);
    await fixture.fill(
      index,
      logs.filter((_, i) => i % 2 === parity),
    );
  }
  const first = await runVectorizer(t, ["--drain"], { env: fixture.env });
  assert.equal(first.code, 0, first.stderr);
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
  t.after(() => stub.close());
  const env: Record<string, string | undefined> = {
    ...fixture.env,
    EMBEDDING_PROVIDER: "openai",
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    EMBEDDING_MODEL: MODEL,
    EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.13",
    BACKFILL_BATCH_SIZE: "10",
    STATE_DIR: `${await temporaryFolder(t)}/state`,
  };
  const run = (args: readonly string[], more = {}) =>
    runVectorizer(t, args, { env: { ...env, ...more } });
  const reembed = async (more = {}) => {
    const ended = await run(["reembed", "--json"], more);
    return { ...ended, summary: printedAnswer(ended, reembedAnswerShape) };
  };
  const status = async (more = {}) =>
    printedAnswer(await run(["status", "--json"], more), statusShape);
  /** How many documents have a vector of each model; every one has a vector, which is its stamp's. */
  const models = async () => {
    const counts = { [OLD_MODEL]: 0, [MODEL]: 0 };
    for (const { source } of (await fixture.documents(fixture.pattern)).values()) {
      const { log_vector: vector, log_vector_meta: meta } = docShape.parse(source);
      assert.equal(vector.length, DIMENSIONS);
      assert.equal(isSparse(vector), meta.model === OLD_MODEL, "a vector of another model's stamp");
      if (meta.model === OLD_MODEL || meta.model === MODEL) counts[meta.model]++;
    }
    return counts;
  };
  const paid = () => stub.requests.flatMap(({ answered }) => answered);
  return { fixture, stub, env, run, reembed, status, models, paid, a, b };
}

/** The local embedder counts words into few places; the stub fills them all. */
function isSparse(vector: readonly number[]): boolean {
  return vector.some((value) => value === 0);
}

await onEachOpenSearch((version) => {
  test("after a change of the embedder everything says so, and reembed replaces the vectors within its budget", async (t) => {
    const { run, reembed, status, models, paid, stub, b } = await afterTheChange(t, version);

    const before = await status();
    assert.partialDeepStrictEqual(before.model, { model: MODEL, dimensions: DIMENSIONS });
    const nothing = { vectorized: 0, pending: 0, quarantined: 0, without_text: 0 };
    const all = { records: RECORDS, other_model: RECORDS, coverage: 0 };
    assert.deepEqual(before.total, { ...nothing, ...all });
    assert.deepEqual(before.other_models?.models, [
      { model: OLD_MODEL, dimensions: DIMENSIONS, records: RECORDS },
    ]);
    const shown = await run(["status"]);
    assert.match(shown.stdout, /^total +60 +0 +60 +0 +0 +0 +0\.0 %$/m);
    assert.match(shown.stdout, LINE);
    assert.match(shown.stdout, /^Model in force: stub-model, 64 dimensions\.$/m);
    const check = await run(["check"]);
    assert.equal(check.code, 0);
    assert.match(check.stdout, /^! {2}vectors +0 with a vector of stub-model\. 60 records carry/m);
    assert.match(check.stdout, /^Hint: log-vectorizer reembed --dry-run/m);
    for (const args of [["--drain"], ["--once"]]) {
      const ended = await run(args);
      assert.equal(ended.code, 0);
      assert.match(ended.stdout.trim().split("\n").at(-1) ?? "", LINE, args.join(" "));
    }
    const search = await run(["search", "Request failed"]);
    assert.equal(search.code, 1, "the search was not done");
    assert.match(search.stdout.split("\n")[0] ?? "", LINE);
    assert.match(search.stdout, /among 0 records with a vector of stub-model/);
    const similar = await run(["similar", b, "0"]);
    assert.deepEqual([similar.code, LINE.test(similar.stdout)], [1, true]);
    const beforeAsked = stub.requests.length;
    const dry = await run(["reembed", "--dry-run"]);
    assert.deepEqual([dry.code, LINE.test(dry.stdout)], [0, true]);
    assert.equal(
      printedAnswer(await run(["reembed", "--dry-run", "--json"]), reembedPlanShape).found,
      RECORDS,
    );
    assert.equal(stub.requests.length, beforeAsked, "nothing was paid");
    assert.deepEqual(await models(), { [OLD_MODEL]: RECORDS, [MODEL]: 0 });

    stub.requests.length = 0;
    const small = await reembed({ MAX_TOKENS_PER_CYCLE: "150" });
    assert.equal(small.code, 1);
    assert.match(small.summary.reason ?? "", /MAX_TOKENS_PER_CYCLE/);
    const { updated, reused } = small.summary.outcomes;
    assert.ok(updated > 0 && updated < TEXTS, `${updated}`);
    assert.equal(small.summary.left, RECORDS - updated - reused);
    assert.deepEqual(await models(), {
      [OLD_MODEL]: RECORDS - updated - reused,
      [MODEL]: updated + reused,
    });
    const newest = await run(["search", `Request ${(RECORDS - 1) % TEXTS} failed`]);
    assert.equal(newest.code, 0, "the newest are found already");
    assert.match(newest.stdout, /^Not compared, .* of another model: \d+ of local-hashing-v1\./m);

    const rest = await reembed();
    assert.equal(rest.code, 0, rest.stderr);
    assert.equal(rest.summary.found, small.summary.left);
    assert.deepEqual([rest.summary.left, rest.summary.reason], [0, null]);
    const sum = Object.values(rest.summary.outcomes).reduce((total, one) => total + one, 0);
    assert.equal(sum, rest.summary.taken);
    assert.deepEqual(await models(), { [OLD_MODEL]: 0, [MODEL]: RECORDS });
    const after = await status();
    assert.deepEqual([after.total.coverage, after.other_models], [1, null]);
    // The search between the two runs paid for the text that was asked for.
    const texts = paid().filter((text) => text.includes("on node"));
    assert.equal(new Set(texts).size, TEXTS);
    assert.equal(texts.length, TEXTS, "a text was paid for twice");
    const again = await run(["reembed"]);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /^Nothing to do: .* 60 carry one of it\.$/m);
  });
});

test("a run after a killed one continues, and pays twice for no more than the requests in flight", async (t) => {
  const { env, fixture, reembed, models, paid } = await afterTheChange(t);
  const small = await reembed({ MAX_TOKENS_PER_CYCLE: "150" });
  const openSearch = await startOpenSearchFaults(t, fixture.url);
  const writing = openSearch.hold(/^POST \/_bulk/);
  const command = await startVectorizer(t, ["reembed"], {
    env: { ...env, OPENSEARCH_URL: openSearch.url },
  });
  await writing.arrived;
  command.kill("SIGKILL");
  await command.ended;
  writing.release();
  const half = await models();
  assert.equal(half[OLD_MODEL] + half[MODEL], RECORDS);
  assert.ok(half[OLD_MODEL] > 0 && half[OLD_MODEL] <= (small.summary.left ?? 0));
  const { summary, code } = await reembed();
  assert.deepEqual([code, summary.left], [0, 0]);
  assert.deepEqual(await models(), { [OLD_MODEL]: 0, [MODEL]: RECORDS });
  const twice = paid().length - new Set(paid()).size;
  assert.ok(twice <= 10, `${twice} texts, more than the page that was under way`);
});

test("a stop ends it with what it has, and says how many are left", async (t) => {
  const { env, stub, models, paid, reembed } = await afterTheChange(t);
  const embedder = await startOpenSearchFaults(t, stub.url);
  const embedding = embedder.hold(/^POST /);
  const command = await startVectorizer(t, ["reembed", "--json"], {
    env: { ...env, OPENAI_BASE_URL: `${embedder.url}/v1` },
  });
  await embedding.arrived;
  command.kill("SIGTERM");
  await command.says(/SIGTERM/);
  embedding.release();
  const ended = await command.ended;
  const { reason, left, taken } = printedAnswer(ended, reembedAnswerShape);
  assert.deepEqual([ended.code, reason, taken, left], [143, "stopped", 10, RECORDS - 10]);
  assert.deepEqual(await models(), { [OLD_MODEL]: left, [MODEL]: 10 });
  assert.equal((await reembed()).summary.left, 0);
  assert.equal(new Set(paid()).size, paid().length);
});

test("a text that is refused keeps its old vector and its place in the quarantine", async (t) => {
  const { run, reembed, status, models, stub } = await afterTheChange(t);
  stub.setFault({ kind: "refused" }, { texts: (all) => all.some((one) => one.includes("node 7")) });
  const { code, summary } = await reembed();
  assert.equal(code, 1);
  assert.deepEqual([summary.outcomes.quarantined, summary.left], [2, 0]);
  assert.deepEqual(await models(), { [OLD_MODEL]: 2, [MODEL]: RECORDS - 2 });
  assert.partialDeepStrictEqual((await status()).total, {
    vectorized: RECORDS - 2,
    other_model: 0,
    quarantined: 2,
    without_text: 0,
  });
  assert.match((await run(["quarantine", "list"])).stdout, /^2 records in quarantine\.$/m);
  assert.match(
    (await run(["reembed"])).stdout,
    /2 records in quarantine: log-vectorizer quarantine list/,
  );
  stub.setFault(null);
  assert.equal((await run(["quarantine", "retry", "--all"])).code, 0);
  assert.equal((await reembed()).summary.outcomes.updated, 1);
  assert.deepEqual(await models(), { [OLD_MODEL]: 0, [MODEL]: RECORDS });
});

test("the daemon says it at its start; --index narrows it; status needs no key", async (t) => {
  const { env, reembed, run, status, a } = await afterTheChange(t);
  const often = { ...env, BACKFILL_SCHEDULE: "*/2 * * * * *" };
  const daemon = await startVectorizer(t, [], { env: often });
  await daemon.says(/Cycle #2 summary/);
  const lines = daemon.printed().split("\n");
  const said = lines.findIndex((line) => LINE.test(line));
  assert.ok(said >= 0 && said < lines.findIndex((line) => line.includes("cycle #1 started")));
  daemon.kill("SIGTERM");
  await daemon.ended;
  assert.equal(daemon.printed().match(/carry vectors of another model/g)?.length, 1);
  const { summary } = await reembed();
  assert.equal(summary.left, 0);
  const none = await run(["reembed", "--index", "nowhere*", "--json"]);
  assert.deepEqual([none.code, printedError(none).kind], [2, "usage"]);
  const keyless = { OPENAI_BASE_URL: undefined, EMBEDDING_PROVIDER: "openai" };
  const { model, total } = await status(keyless);
  assert.deepEqual([model.model, total.coverage], [MODEL, 1]);
  const back = {
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: "hashing",
    BACKFILL_BATCH_SIZE: "3",
  };
  const one = await run(["reembed", "--index", a, "--json"], back);
  assert.deepEqual([one.code, printedAnswer(one, reembedAnswerShape).taken], [0, RECORDS / 2]);
  assert.equal((await status(back)).total.other_model, RECORDS / 2);
});

test("dimensions that do not fit are said before anything is paid, and the way out works", async (t) => {
  const { env, run, stub, fixture, a, models } = await afterTheChange(t);
  const other = { EMBEDDING_DIMENSIONS: "32" };
  const said =
    /[ab] and 1 more are mapped for vectors of length 64, but EMBEDDING_DIMENSIONS is 32 \(stub-model\)/;
  for (const [args, code] of [
    [["status"], 0],
    [["check"], 1],
    [["--drain"], 1],
    [["reembed"], 1],
    [["reembed", "--dry-run"], 0],
    [["search", "failed"], 1],
  ] as const) {
    const before = stub.requests.length;
    const ended = await run(args, other);
    assert.deepEqual(
      [ended.code, said.test(ended.stdout)],
      [code, true],
      `${args.join(" ")}: ${ended.stdout}`,
    );
    if (args[0] !== "check") assert.equal(stub.requests.length, before, "something was paid");
  }
  const daemon = await startVectorizer(t, [], { env: { ...env, ...other } });
  await daemon.says(/Cycle #1 summary/);
  assert.match(
    daemon
      .printed()
      .split("\n")
      .find((line) => line.includes("WARN")) ?? "",
    said,
  );
  daemon.kill("SIGTERM");
  await daemon.ended;
  assert.deepEqual(await models(), { [OLD_MODEL]: RECORDS, [MODEL]: 0 });
  const { stdout } = await run(["status"], other);
  const [, body = ""] = new RegExp(`${a} .*POST /_reindex (\\{.*\\})$`, "m").exec(stdout) ?? [];
  const fresh = fixture.name("a_new");
  await fixture.create(fresh);
  assert.equal((await run(["--once"], { ...other, OPENSEARCH_INDEX_PATTERN: fresh })).code, 0);
  const copy: unknown = JSON.parse(body.replace('"NEW"', `"${fresh}"`));
  const answer = await fixture.send(
    "POST",
    "/_reindex?refresh=true",
    z.looseObject({}).parse(copy),
  );
  assert.deepEqual([answer["created"], answer["failures"]], [RECORDS / 2, []]);
});
