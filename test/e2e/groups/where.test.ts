import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { groupAnswerShape } from "../../../src/analysis/group-answers.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { printedAnswer } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import {
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";

const MINUTE = 60_000;
const DAY = 24 * 60;
const NOW = Date.now();
const GROUP = groupOf({ text: "Order 1 failed: disk full", service: "shop" }).group;
const KEYWORD = { type: "keyword" };

/** An error of the service "shop", so many minutes ago. */
function log(ago: number, names: Record<string, unknown> = {}) {
  const time = new Date(NOW - ago * MINUTE).toISOString();
  const message = `Order ${Math.round(ago)} failed: disk full`;
  return { "@timestamp": time, level: "ERROR", message, "service.name": "shop", ...names };
}

type Logs = { properties?: Record<string, unknown>; logs: Record<string, unknown>[] };

/** Indices of logs that have their vectors. */
async function setUp(
  t: TestContext,
  version: Parameters<typeof openFixture>[1],
  indices: Record<string, Logs>,
) {
  const fixture = await openFixture(t, version);
  for (const [name, { properties = {}, logs }] of Object.entries(indices)) {
    const mappings = { properties: { ...LOG_PROPERTIES, ...properties } };
    await fixture.create(fixture.name(name), { mappings });
    await fixture.fill(fixture.name(name), logs);
  }
  const once = await runVectorizer(t, ["--once"], { env: fixture.env });
  assert.equal(once.code, 0, once.stderr);
  await fixture.send("POST", `/${fixture.pattern}/_refresh`);
  const run = (env: Record<string, string>, ...more: string[]) =>
    runVectorizer(t, ["groups", "show", GROUP, ...more], { env: { ...fixture.env, ...env } });
  const show = async (env: Record<string, string> = {}) => {
    const shown = await run(env, "--json");
    assert.equal(shown.code, 0, shown.stdout + shown.stderr);
    const { where } = printedAnswer(shown, groupAnswerShape);
    assert.ok(where);
    return where;
  };
  return { show, run };
}

type Where = Awaited<ReturnType<Awaited<ReturnType<typeof setUp>>["show"]>>;
const rowsOf = ({ names }: Where["hosts"]) =>
  names.map((one) => [one.name, one.count, one.usual_count, one.new]);

await onEachOpenSearch((version) => {
  test("two hosts usually, a third now, with another version: over indices that name them otherwise", async (t) => {
    const { show, run } = await setUp(t, version, {
      // ECS.
      ecs: {
        properties: { host: { properties: { name: KEYWORD, ip: { type: "ip" } } } },
        logs: [
          ...[20, 19, 18].map((days) => log(days * DAY, { "host.name": "db-1" })),
          ...[17, 16].map((days) => log(days * DAY, { "host.name": "db-2" })),
          log(40 * DAY, { "host.name": "db-0" }),
        ],
      },
      // A dynamic mapping: texts with an exact sub-field.
      plain: {
        logs: [
          ...[10, 9].map((days) => log(days * DAY, { host: "db-2", version: "1.2" })),
          ...[2, 1.5, 1].map((ago) => log(ago, { host: "db-3", version: "1.3" })),
          log(0.5, { host: "db-1", version: "1.2" }),
        ],
      },
      none: { logs: [log(15 * DAY), log(0.2)] },
    });
    const where = await show();
    assert.deepEqual([where.count, where.usual_count], [5, 8]);
    assert.deepEqual(rowsOf(where.hosts), [
      ["db-3", 3, 0, true],
      ["db-1", 1, 3, false],
      ["db-2", 0, 4, false],
    ]);
    assert.deepEqual(where.hosts.unnamed, { count: 1, usual_count: 1 });
    assert.deepEqual(where.hosts.others, { count: 0, usual_count: 0 });
    assert.deepEqual(rowsOf(where.versions), [
      ["1.3", 3, 0, true],
      ["1.2", 1, 2, false],
    ]);
    assert.deepEqual(where.versions.unnamed, { count: 1, usual_count: 6 });
    const text = (await run({})).stdout;
    assert.match(text, /\nnow: .* UTC; usually: the 30 days before\n/);
    assert.match(text, /\nhost +now +share +usually +share/);
    assert.match(text, /\ndb-3 +3 +60\.0 % +0 +0\.0 % +new\n/);
    assert.match(text, /\n\(no host named\) +1 +20\.0 % +1 +12\.5 %/);
    assert.match(text, /\n1\.3 +3 +60\.0 % +0 +0\.0 % +new\n/);
  });

  test("fields of every type are counted by or left out, and none spoils the answer", async (t) => {
    const name = (type: Record<string, unknown>) => ({ host: { properties: { name: type } } });
    const is = { "host.name": "db-1" };
    const { show } = await setUp(t, version, {
      constant: {
        properties: name({ type: "constant_keyword", value: "db-1" }),
        logs: [log(1, { ...is })],
      },
      address: { properties: { host: { type: "ip" } }, logs: [log(1, { host: "10.0.0.7" })] },
      number: { properties: { version: { type: "float" } }, logs: [log(1, { version: 1.5 })] },
      alias: {
        properties: { ...name({ type: "alias", path: "machine" }), machine: KEYWORD },
        logs: [log(1, { machine: "db-2" })],
      },
      chain: {
        properties: { ...name(KEYWORD), hostname: KEYWORD },
        logs: [log(1, { ...is, hostname: "no" }), log(1, { hostname: "db-3" })],
      },
      flat: {
        properties: { host: { type: "flat_object" } },
        logs: [log(1, { host: { name: "no" } })],
      },
      nested: {
        properties: { host: { type: "nested", properties: { name: KEYWORD } } },
        logs: [log(1, { host: [{ name: "no" }] })],
      },
      words: { properties: name({ type: "text" }), logs: [log(1, { ...is })] },
      unsorted: {
        properties: name({ type: "keyword", doc_values: false }),
        logs: [log(1, { ...is })],
      },
    });
    const { hosts, versions } = await show();
    assert.deepEqual(rowsOf(hosts), [
      ["10.0.0.7", 1, 0, false],
      ["db-1", 1, 0, false],
      ["db-2", 1, 0, false],
      ["db-3", 1, 0, false],
    ]);
    assert.equal(hosts.unnamed.count, 6);
    assert.deepEqual(rowsOf(versions), [["1.5", 1, 0, false]]);
  });

  test("settings name the fields; where records name nothing, that is said", async (t) => {
    const { show, run } = await setUp(t, version, {
      own: {
        properties: { node: KEYWORD, build: { type: "long" } },
        logs: [log(1, { node: "n-1", build: 42 })],
      },
    });
    const { hosts, versions } = await show({ HOST_FIELD: "node", VERSION_FIELD: "gone,build" });
    assert.deepEqual(
      [rowsOf(hosts), rowsOf(versions)],
      [[["n-1", 1, 0, false]], [["42", 1, 0, false]]],
    );
    const unset = (await run({})).stdout;
    assert.match(unset, /usually: the 30 days before, in which it was not seen\n/);
    assert.match(unset, /\nNot known: its records name no host \(HOST_FIELD\)\n/);
    assert.match(unset, /\nNot known: its records name no version \(VERSION_FIELD\)\n/);
  });
});
