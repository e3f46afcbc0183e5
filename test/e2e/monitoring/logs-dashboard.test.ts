import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { DASHBOARDS } from "../../../scripts/dashboards.ts";
import { loadEntries } from "../../../scripts/sample-logs/load-entries.ts";
import type { LogEntry } from "../../../scripts/sample-logs/log-entry.ts";
import {
  newestOpenSearch,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { filled, foundIn, searchBody } from "../../support/servers/grafana-query.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const { panels, templating } = DASHBOARDS["logs.json"];
const TIME_FIELD = "@timestamp";
const HOUR_MS = 3_600_000;

/** In Grafana's format for Lucene; All is the variable's allValue. */
const VARIABLES = { level_field: "level", service_field: "service.name", level: '("ERROR")' };

/** Two indices with ERROR records of which the first two thirds have a vector, and some of other levels. */
async function setUp(t: TestContext) {
  const logs = await newestOpenSearch(t);
  const entry = (level: string, service: string, i: number): LogEntry => ({
    timestamp: new Date(Date.now() - i * HOUR_MS).toISOString(),
    level,
    service,
    message: `Request ${i} of ${service} failed`,
  });
  const fill = (name: string, entries: LogEntry[]) =>
    loadEntries({ url: logs.url, index: logs.name(name) }, entries);
  const errors = Array.from({ length: 12 }, (_, i) =>
    entry("ERROR", i % 3 ? "checkout" : "billing", i),
  );
  await fill("app", [...errors, entry("INFO", "checkout", 1), entry("WARN", "billing", 2)]);
  const { code, stderr } = await runVectorizer(t, ["--once"], { env: logs.env });
  assert.equal(code, 0, stderr);
  await fill("late", errors.slice(0, 6));
  await logs.send("POST", `/${logs.pattern}/_refresh`);
  return logs;
}

async function ask(logs: OpenSearchFixture, title: string, index: string) {
  const panel = panels.find((one) => one.title === title && "targets" in one);
  assert.ok(panel && "targets" in panel, title);
  const target = filled(panel.targets[0], { ...VARIABLES, index });
  return foundIn(
    await logs.send("POST", `/${logs.pattern}/_search`, searchBody(target, TIME_FIELD)),
  );
}

test(
  "each panel of the logs finds what it says in documents as they are loaded and given vectors",
  { timeout: 5 * 60_000 },
  async (t) => {
    const logs = await setUp(t);
    const [app, late] = [logs.name("app"), logs.name("late")];
    const total = async (title: string, index = "*") => (await ask(logs, title, index)).total;
    const counts = async (title: string, index = "*") => (await ask(logs, title, index)).counts;

    assert.equal(await total("Errors in the time shown"), 18);
    assert.equal(await total("Errors in the time shown", `("${app}")`), 12);
    assert.equal(await total("Errors in the time shown", `("${app}" OR "${late}")`), 18);
    assert.equal(await total("Errors that have no vector"), 6);
    assert.equal(await total("Log records of all levels"), 20);
    assert.deepEqual(await counts("Errors over time, by service"), { checkout: 12, billing: 6 });
    assert.deepEqual(await counts("Log records over time, by level"), {
      ERROR: 18,
      INFO: 1,
      WARN: 1,
    });
    assert.deepEqual(await counts("Errors over time, by index"), { [app]: 12, [late]: 6 });
    const share = { "with a vector": 12, "without a vector": 6 };
    assert.deepEqual(await counts("Share of errors that have a vector"), share);
    assert.deepEqual(await counts("Share of errors that have a vector, over time"), share);
    assert.deepEqual(await counts("Services with the most errors"), { checkout: 12, billing: 6 });
    assert.deepEqual(await counts("Services with the most errors", `("${late}")`), {
      checkout: 4,
      billing: 2,
    });

    const newest = (await ask(logs, "Newest error records", `("${app}")`)).hits;
    assert.equal(newest.length, 12);
    const times = newest.map((source) => String(source[TIME_FIELD]));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b.localeCompare(a)),
    );
    const table = panels.find(({ title }) => title === "Newest error records");
    assert.ok(table && "transformations" in table);
    const shown = new RegExp(table.transformations?.[0]?.options.include.pattern ?? "");
    const columns = Object.keys(newest[0] ?? {}).filter((name) => shown.test(name));
    assert.deepEqual(columns.toSorted(), ["@timestamp", "level", "message", "service"].toSorted());
  },
);

test(
  "the values that the variables offer exist, and every variable that a panel names is defined",
  { timeout: 5 * 60_000 },
  async (t) => {
    const logs = await setUp(t);
    const names = new Set(templating.list.map(({ name }) => name));
    const used = JSON.stringify(panels).matchAll(/\$\{?(\w+)/g);
    for (const [, name = ""] of used) assert.ok(names.has(name), name);
    for (const variable of templating.list) {
      if (!("query" in variable) || typeof variable.query !== "string" || variable.type !== "query")
        continue;
      const { find, field } = z
        .object({ find: z.string(), field: z.string() })
        .parse(JSON.parse(variable.query));
      assert.equal(find, "terms");
      const aggs = { 1: { terms: { field: field.replace("$level_field", "level") } } };
      const answer = await logs.send("POST", `/${logs.pattern}/_search`, { size: 0, aggs });
      assert.ok(Object.keys(foundIn(answer).counts).length > 1, variable.name);
      assert.ok("allValue" in variable && variable.allValue === "*");
    }
  },
);
