import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { loadEntries } from "../../../scripts/sample-logs/load-entries.ts";
import { parseLogFile } from "../../../scripts/sample-logs/parse-log-file.ts";
import {
  DIMENSIONS,
  errorLog,
  newestOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { stampedLog } from "../../support/servers/open-store.ts";
import { printedError, printedAnswer } from "../../support/asserts/printed-json.ts";
import { searchAnswerShape } from "../../../src/search/search-answer.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const SAMPLES = join(import.meta.dirname, "../../../scripts/sample-logs/sample-errors.jsonl");

/** The sample logs of the quickstart, with their vectors. */
async function samples(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("samples");
  await loadEntries({ url: fixture.url, index }, parseLogFile(SAMPLES));
  const env = { ...fixture.env, EMBEDDING_DIMENSIONS: "512" };
  assert.equal((await runVectorizer(t, ["--once"], { env })).code, 0);
  await fixture.send("POST", `/${index}/_refresh`);
  const run = (...args: string[]) => runVectorizer(t, args, { env });
  const ask = async (command: string, ...args: string[]) => {
    const ended = await run(command, "--json", ...args);
    assert.equal(ended.code, 0, ended.stderr);
    return printedAnswer(ended, searchAnswerShape);
  };
  return { fixture, index, env, run, ask };
}

test("words that a person would use find the errors that they mean", async (t) => {
  const { ask, run, index } = await samples(t);
  for (const [words, expected] of [
    ["no free database connection in the pool", /no idle connection/],
    ["out of memory", /out of memory/],
    ["group has rebalanced", /the group has rebalanced/],
    ["statement timeout", /statement timeout while reading/],
  ] as const) {
    const { hits } = await ask("search", words, "--mode", "meaning", "--limit", "3");
    assert.ok(
      hits.some(({ message }) => expected.test(message)),
      `${words}: ${hits.map(({ message }) => message).join("; ")}`,
    );
    assert.deepEqual(
      hits.map(({ score }) => score),
      hits.map(({ score }) => score).toSorted((a, b) => (b ?? 0) - (a ?? 0)),
    );
  }
  const { hits } = await ask("search", "timed out waiting for a connection from pool");
  const [{ service, count, ...first } = assert.fail()] = hits;
  assert.deepEqual([service, count], ["orders-api", 2]);
  assert.ok((first.first_seen ?? "") < (first.last_seen ?? ""));

  const table = await run("search", "timed", "out", "waiting for a connection", "--limit", "2");
  assert.equal(table.code, 0);
  const [said = "", head = "", row = "", ...rest] = table.stdout.split("\n");
  assert.match(head, /^score +last seen \(UTC\) +first seen +count +service +level +message$/);
  assert.match(row, /^0\.\d{3} +2026-11-20 \d\d:\d\d:\d\d +2026.+ 2 +orders-api +ERROR +Timed out/);
  assert.match(said, /^The best 2 among 62 records with a vector of local-hashing-v1, and all by/);
  assert.match(rest.join("\n"), new RegExp(`log-vectorizer similar (-- )?${index} ${first.id}`));
});

test("filters, and finding nothing, are answers too", async (t) => {
  const { ask, run, index } = await samples(t);
  const { hits } = await ask("search", "connection", "--service", "ORDERS-API");
  assert.ok(hits.length > 0);
  assert.ok(hits.every(({ service }) => service === "orders-api"));
  const ended = await run("search", "connection", "--since", "2026-11-21", "--level", "fatal");
  assert.deepEqual(
    [ended.code, ended.stdout],
    [
      0,
      "Nothing found among 0 records with a vector of local-hashing-v1, and all by words, in 1 index (since 2026-11-21T00:00:00Z, level fatal).\n",
    ],
  );
  const strict = await ask("search", "zebra", "--min-score", "0.9", "--index", index);
  assert.deepEqual([strict.hits, strict.searched.records], [[], 62]);
  const elsewhere = await ask("search", "zebra", "--index", "nowhere*");
  assert.deepEqual([elsewhere.hits, elsewhere.searched.indices], [[], 0]);
});

test("similar: by its own vector, or by one that it is given then and there", async (t) => {
  const { ask, run, fixture, index } = await samples(t);
  const [hit = assert.fail()] = (await ask("search", "waiting for a connection")).hits;
  const known = await ask("similar", "--", index, hit.id);
  assert.equal(known.stored, null);
  assert.ok(known.hits.every(({ id }) => id !== hit.id));
  assert.equal(known.query.text, hit.message);
  assert.ok((known.hits[0]?.score ?? 0) > 0.95);

  const routed = fixture.name("routed");
  await fixture.create(routed, { settings: { number_of_shards: 5, refresh_interval: -1 } });
  const message = hit.message.replaceAll(/\d+/g, "7");
  const fresh = { ...errorLog(message), service: { name: "fresh" } };
  await fixture.send("PUT", `/${routed}/_doc/-fresh?routing=r-1`, fresh);
  const lost = await run("similar", "--", routed, "-fresh");
  assert.equal(lost.code, 2);
  assert.match(
    lost.stderr,
    /has no document -fresh\.\nA document that was indexed with a shard key/,
  );
  const found = await run("similar", "--shard-key", "r-1", "--", routed, "-fresh");
  assert.equal(found.code, 0);
  assert.match(found.stdout, /\/-fresh had no vector; it has one now \(updated\)\.$/m);
  const usage = await run("similar", routed, "-fresh");
  assert.deepEqual([usage.code, /goes after all options and --/.test(usage.stderr)], [2, true]);
  const stored = (await fixture.documents(routed)).get(`${routed}/-fresh`);
  assert.ok(Array.isArray(stored?.source["log_vector"]));
  assert.equal((await ask("similar", "--routing", "r-1", "--", routed, "-fresh")).stored, null);
  const { hits } = await ask("search", message, "--service", "fresh");
  assert.equal(hits[0]?.shard_key, "r-1");
});

test("an invalid search ends with one clear line and exit code 2", async (t) => {
  const { run, fixture, index } = await samples(t);
  await fixture.send("POST", `/${index}/_doc/blank`, errorLog(" "));
  const shut = fixture.name("shut");
  await fixture.create(shut);
  await fixture.send("POST", `/${shut}/_close`);
  for (const [args, said] of [
    [["search", " "], "The text to search for is blank."],
    [["similar", index, "blank"], `${index}/blank has no text to compare.`],
    [["similar", shut, "1"], `${shut} is skipped: closed.`],
    [
      ["similar", "no_such", "1"],
      "There is no index, alias or data stream no_such behind OPENSEARCH_INDEX_PATTERN.",
    ],
  ] as const) {
    const ended = await run(...args);
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [2, "", `${said}\n`]);
  }
  const json = await run("similar", index, "gone", "--json");
  assert.equal(printedError(json).kind, "not_found");
  for (const args of [
    ["search"],
    ["search", "x", "--limit", "101"],
    ["search", "x", "--min-score", "1.1"],
    ["search", "x", "--since", "yesterday"],
    ["search", "x", "--since", "1h", "--until", "2h"],
    ["similar", index],
  ]) {
    const ended = await run(...args);
    assert.equal(ended.code, 2, args.join(" "));
    assert.match(ended.stderr, /^error: [^\n]+\nSee log-vectorizer --help\.\n$/);
  }
});

test("other models, and what is skipped, are said; hostile text steers no terminal", async (t) => {
  const fixture = await newestOpenSearch(t);
  const [index, shut] = [fixture.name("mixed"), fixture.name("shut")];
  await fixture.create(index);
  const evil =
    "\u001b[2Jdisk full\u202e\nnext line</script> of plain-words-of-mine password=hunter2hunter2";
  await fixture.fill(index, [errorLog(evil), errorLog("pending", 1)]);
  await fixture.create(shut);
  await fixture.send("POST", `/${shut}/_close`);
  const { env } = fixture;
  await runVectorizer(t, ["--once"], { env });
  await fixture.send("POST", `/${index}/_doc`, stampedLog("disk full", "old-model"));
  await fixture.send("POST", `/${index}/_refresh`);
  const ended = await runVectorizer(t, ["search", "disk full"], {
    env: { ...env, HTTP_TOKEN: "plain-words-of-mine" },
  });
  assert.equal(ended.code, 0);
  const { stdout } = ended;
  assert.match(
    stdout,
    /\\u001b\[2Jdisk full\\u202e ⏎ next line<\/script> of \*\*\* password=\*\*\*$/m,
  );
  assert.match(stdout, /another model: 1 of old-model\. log-vectorizer reembed/);
  assert.match(stdout, new RegExp(`^Not searched: ${shut} \\(closed\\)\\.$`, "m"));
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(stdout, /[\u001b\u202e]/);
  assert.equal(DIMENSIONS, Number(env["EMBEDDING_DIMENSIONS"]));
});
