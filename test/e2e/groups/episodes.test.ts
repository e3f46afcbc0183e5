import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { episodesAnswerShape } from "../../../src/analysis/group-answers.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { printedAnswer } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import {
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";

const MINUTE = 60_000;
/** In the middle of a minute, so that each log is in the minute that the test means. */
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE / 2;
const PROPERTIES = { ...LOG_PROPERTIES, service: { properties: { name: { type: "keyword" } } } };
const DISK = groupOf({ text: "Order 1 failed: disk full", service: "shop" }).group;

/** A log of the service "shop", so many minutes ago. */
function log(ago: number, message: string) {
  const time = new Date(NOW - ago * MINUTE).toISOString();
  return { "@timestamp": time, level: "ERROR", message, service: { name: "shop" } };
}

/** Three runs of one error over two indices, the last one still open, and another error that rises with it. */
async function tellStory(t: TestContext, version: Parameters<typeof openFixture>[1]) {
  const fixture = await openFixture(t, version);
  const failed = (ago: number, order: number) => log(ago, `Order ${order} failed: disk full`);
  const logs = {
    old: [failed(200, 1), failed(199, 2), failed(198, 3), failed(100, 4)],
    new: [
      failed(198, 5),
      failed(100, 6),
      failed(99, 7),
      failed(1, 8),
      failed(0, 9),
      ...[9, 8, 7, 6].map((ago) => log(ago, `Write to volume ${ago} is slow`)),
    ],
  };
  for (const [name, sources] of Object.entries(logs)) {
    await fixture.create(fixture.name(name), { mappings: { properties: PROPERTIES } });
    await fixture.fill(fixture.name(name), sources);
  }
  const env = { ...fixture.env, EPISODE_QUIET_MINUTES: "30", EPISODE_QUIET_FACTOR: "0" };
  const once = await runVectorizer(t, ["--once"], { env });
  assert.equal(once.code, 0, once.stderr);
  await fixture.send("POST", `/${fixture.pattern}/_refresh`);
  const episodes = async (...options: string[]) => {
    const run = await runVectorizer(t, ["episodes", "--json", ...options], { env });
    return { ...printedAnswer(run, episodesAnswerShape), code: run.code };
  };
  return { fixture, env, episodes };
}

const minuteOf = (ago: number) =>
  new Date(Math.floor((NOW - ago * MINUTE) / MINUTE) * MINUTE).toISOString();

await onEachOpenSearch((version) => {
  test("the runs of an error are counted exactly over its indices, ended and open, with what rose", async (t) => {
    const { env, episodes } = await tellStory(t, version);
    const of = await episodes(DISK);
    assert.equal(of.code, 0);
    assert.deepEqual(
      of.episodes.map(({ group, from, to, count, ended }) => ({ group, from, to, count, ended })),
      [
        { group: DISK, from: minuteOf(1), to: minuteOf(0), count: 2, ended: false },
        { group: DISK, from: minuteOf(100), to: minuteOf(99), count: 3, ended: true },
        { group: DISK, from: minuteOf(200), to: minuteOf(198), count: 4, ended: true },
      ],
    );
    assert.ok(of.episodes.every(({ began_before: before }) => !before));
    assert.deepEqual(
      of.episodes[0]?.rose?.map(({ template, during, before }) => [template, during, before]),
      [["Write to volume <*> is slow", 4, 0]],
    );

    const all = await episodes();
    assert.deepEqual(
      all.episodes.map(({ template, count }) => [template, count]),
      [
        ["Order <*> failed: disk full", 2],
        ["Write to volume <*> is slow", 4],
        ["Order <*> failed: disk full", 3],
        ["Order <*> failed: disk full", 4],
      ],
    );
    assert.deepEqual(
      (await episodes("--limit", "2")).episodes.map(({ count }) => count),
      [2, 4],
    );
    assert.deepEqual(
      (await episodes(DISK, "--since", "2h")).episodes.map(({ count }) => count),
      [2, 3],
    );
    const shown = await runVectorizer(t, ["episodes", DISK], { env });
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^3 episodes of 1 error\./);
    assert.match(shown.stdout, /Rose with the latest one[^]*Write to volume/);
    const unquiet = await runVectorizer(t, ["episodes", DISK, "--json"], {
      env: { ...env, EPISODE_QUIET_MINUTES: "360" },
    });
    assert.deepEqual(
      printedAnswer(unquiet, episodesAnswerShape).episodes.map(({ count }) => count),
      [9],
    );
  });

  test("a look at a month before, in which the error was quiet, finds no episode", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    await fixture.create(index, { mappings: { properties: PROPERTIES } });
    await fixture.fill(index, [log(100 * 24 * 60, "Order 1 failed: disk full")]);
    const { env } = fixture;
    const once = await runVectorizer(t, ["--once"], { env });
    assert.equal(once.code, 0, once.stderr);
    await fixture.send("POST", `/${index}/_refresh`);
    const none = await runVectorizer(t, ["episodes", DISK], { env });
    assert.deepEqual([none.code, none.stdout], [0, "No episodes.\n"]);
    const early = await runVectorizer(t, ["episodes", "--since", "1970-01-01", "--json"], { env });
    assert.equal(printedAnswer(early, episodesAnswerShape).episodes.length, 1);
    const unknown = await runVectorizer(t, ["episodes", "0123456789abcdef"], { env });
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /No record with a time has the group 0123456789abcdef/);
  });

  test("OpenSearch away, and arguments that mean nothing, are told in one line each", async (t) => {
    const env = { OPENSEARCH_URL: "http://127.0.0.1:9", EMBEDDING_PROVIDER: "local" };
    const away = await runVectorizer(t, ["episodes"], { env });
    assert.equal(away.code, 3);
    assert.doesNotMatch(away.stderr, /\n\s+at /);
    const cases: [options: string[], said: RegExp][] = [
      [["nope"], /16 hex digits/],
      [["--since", "yesterday"], /ISO 8601/],
      [["--limit", "0"], /1 to 100/],
    ];
    for (const [options, said] of cases) {
      const wrong = await runVectorizer(t, ["episodes", ...options], { env });
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, said);
    }
    const setting = await runVectorizer(t, ["episodes"], {
      env: { ...env, EPISODE_QUIET_MINUTES: "0" },
    });
    assert.equal(setting.code, 2);
    assert.match(setting.stderr, /EPISODE_QUIET_MINUTES.*1 to 525600/);
  });
});
