import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { DASHBOARDS } from "../../../scripts/dashboards.ts";
import { loadEntries } from "../../../scripts/sample-logs/load-entries.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { episodeId } from "../../../src/domain/memory/episode.ts";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import {
  annotationBody,
  filled,
  foundIn,
  searchBody,
} from "../../support/servers/grafana-query.ts";
import { newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import { openRealMemory } from "../../support/servers/real-memory.ts";

const { panels, templating, annotations } = DASHBOARDS["errors.json"];
const HOUR_MS = 3_600_000;
const VARIABLES = {
  level_field: "level",
  service_field: "service.name",
  time_field: "@timestamp",
  level: '("ERROR")',
  index: "*",
};
const DISK = groupOf({ text: "Disk 1 full", service: "shop" }).group;
const LOGIN = groupOf({ text: "Login failed", service: "shop" }).group;
const PAY = groupOf({ text: "Card declined", service: "pay" }).group;

const isoTime = (hoursAgo: number) => new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();

/** Three errors with a group in 7 records of two services and one without, and a memory that knows two of them, one from long ago. */
async function setUp(t: TestContext) {
  const logs = await newestOpenSearch(t);
  const url = logs.url;
  const error = (message: string, service: string, hoursAgo: number) => ({
    timestamp: isoTime(hoursAgo),
    level: "ERROR",
    service,
    message,
  });
  await loadEntries({ url, index: logs.name("app") }, [
    ...[1, 2, 3, 4].map((hour) => error(`Disk ${hour} full`, "shop", hour)),
    error("Login failed", "shop", 5),
    ...[6, 7].map((hour) => error("Card declined", "pay", hour)),
    { ...error("Disk 9 full", "shop", 1), level: "WARN" },
  ]);
  const { code, stderr } = await runVectorizer(t, ["--once"], { env: logs.env });
  assert.equal(code, 0, stderr);
  await loadEntries({ url, index: logs.name("late") }, [error("Late", "shop", 1)]);
  await logs.send("POST", `/${logs.pattern}/_refresh`);

  const { memory, init, index } = await openRealMemory(t, logs);
  await init();
  for (const [group, service, hoursAgo] of [
    [DISK, "shop", 4],
    [PAY, "pay", 900],
  ] as const) {
    const seen = {
      group,
      template: `of ${service}`,
      service,
      exception: null,
      example: { index: logs.name("app"), id: "1", text: "…" },
      first_seen: isoTime(hoursAgo),
      last_seen: isoTime(1),
    };
    const vector = { values: new Float32Array([1, 0]), model: "m", texts: 1 };
    const change = { group: sightedGroup(undefined, seen), vector };
    await memory.groups.change([group], () => change, { visible: "now" }, t.signal);
  }
  for (const from of [30, 4, 600].map(isoTime)) {
    const episode = episodeId({ group: DISK, from });
    const to = new Date(Date.parse(from) + 10 * HOUR_MS).toISOString();
    const known = { episode, group: DISK, from, to, count: 3, ended: true, told: ["new"] };
    const lists = { rose_with: [], hosts: [], versions: [] };
    await memory.episodes.change(episode, () => ({ ...known, ...lists }), t.signal);
  }
  const times = { now: Date.now(), expiresAt: Date.now() + HOUR_MS };
  await memory.episodes.claim("new", times, t.signal);
  const own = `${index("groups")},${index("episodes")}`;
  await logs.send("POST", `/${own}/_refresh`);
  const ask = async (title: string) => {
    const panel = panels.find((one) => one.title === title);
    assert.ok(panel && "targets" in panel, title);
    const isOwn = panel.datasource.uid === "${memory}";
    const body = searchBody(
      filled(panel.targets[0], VARIABLES),
      isOwn ? "first_seen" : VARIABLES.time_field,
    );
    return foundIn(await logs.send("POST", `/${isOwn ? own : logs.pattern}/_search`, body));
  };
  return { logs, own, ask };
}

test(
  "each panel of the errors finds what it says, in the logs and in the memory of errors",
  { timeout: 5 * 60_000 },
  async (t) => {
    const { ask } = await setUp(t);
    const valuesOf = async (title: string, id: string) => {
      const { rows } = await ask(title);
      return Object.fromEntries(
        Object.entries(rows).map(([key, row]) => [key, Object(row[id]).value]),
      );
    };
    assert.deepEqual(await valuesOf("Distinct errors in the time shown", "1"), { errors: 3 });
    assert.equal((await ask("New errors in the time shown")).total, 1);
    assert.equal((await ask("Error records in the time shown")).total, 7);
    assert.equal((await ask("Error records that name no group")).total, 1);
    const byGroup = { [DISK]: 4, [PAY]: 2, [LOGIN]: 1 };
    assert.deepEqual((await ask("Error records over time, by group")).counts, byGroup);
    const overTime = await ask("Distinct errors over time, by service");
    assert.deepEqual(overTime.counts, { shop: 5, pay: 2 });
    assert.match(JSON.stringify(overTime.rows), /"1":\{"value":1\}/);
    assert.deepEqual((await ask("New errors over time, by service")).counts, { shop: 1 });

    const top = await ask("Errors with the most records");
    assert.deepEqual(top.counts, byGroup);
    const { 4: first, 5: last } = Object(top.rows[DISK]);
    assert.ok(Math.abs(Date.now() - 4 * HOUR_MS - first.value) < HOUR_MS / 2);
    assert.ok(Math.abs(Date.now() - HOUR_MS - last.value) < HOUR_MS / 2);
    const services = await valuesOf("Services with the most distinct errors", "1");
    assert.deepEqual(services, { shop: 2, pay: 1 });

    const newest = (await ask("Newest errors, by the first record of each")).hits;
    assert.deepEqual(
      newest.map(({ group }) => group),
      [DISK],
    );
    const table = panels.find(({ title }) => title.startsWith("Newest errors"));
    assert.ok(table && "transformations" in table);
    const shown = new RegExp(table.transformations?.[0]?.options.include.pattern ?? "");
    assert.deepEqual(
      Object.keys(newest[0] ?? {}).filter((name) => shown.test(name)).length,
      7,
      "each column that is shown is a field of a group",
    );
    const asked = panels.filter((panel) => "targets" in panel).map(({ title }) => title);
    assert.equal(asked.length, 10, "a further panel is to be asked here, too");
  },
);

test(
  "episodes of the time shown are drawn over the graphs, and claims are none",
  { timeout: 5 * 60_000 },
  async (t) => {
    const { logs, own } = await setUp(t);
    const [annotation] = annotations.list;
    assert.ok(annotation);
    const answer = await logs.send("POST", `/${own}/_search`, annotationBody(annotation));
    const { hits } = foundIn(answer);
    assert.equal(hits.length, 2, "one that began before the time shown, and ended within it, too");
    for (const source of hits) {
      const [from, to] = [source[annotation.timeField], source[annotation.timeEndField]];
      assert.ok(Date.parse(String(from)) < Date.parse(String(to)));
      assert.deepEqual(
        [source[annotation.textField], source[annotation.tagsField]],
        [DISK, ["new"]],
      );
    }
    assert.equal(annotation.datasource.uid, "${memory}");
  },
);

test("every variable that a panel of the errors names is defined", () => {
  const names = new Set(templating.list.map(({ name }) => name));
  const used = JSON.stringify([panels, annotations]).matchAll(/\$\{?(\w+)/g);
  for (const [, name = ""] of used) assert.ok(names.has(name), name);
});
