import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import { startOpenSearch } from "../../../scripts/local-servers/opensearch.ts";
import { isObject } from "../../../src/domain/document.ts";
import type { Gap } from "../../../src/domain/partial.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { ask, httpDaemon } from "../../support/servers/http-daemon.ts";
import { startOpenSearchFaults } from "../../support/servers/open-search-faults.ts";
import {
  errorLogs,
  fixtureAt,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedJson, printedSummary } from "../../support/asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../support/commands/run-command.ts";

/** Makes an index of which a part cannot be seen. */
type Case = {
  reason: RegExp;
  /** Whether what cannot be seen may have vectors. */
  hidesVectors: boolean;
  setUp(
    t: TestContext,
    fixture: OpenSearchFixture,
    index: string,
  ): Promise<{ name: string; url: string }>;
};

/** An alias that shows what a script lets through. */
async function createBehindScript(fixture: OpenSearchFixture, index: string, source: string) {
  const name = `${index}_shown`;
  const properties = { ...LOG_PROPERTIES, poison: { type: "keyword" } };
  await fixture.create(index, {
    settings: { number_of_shards: 2 },
    mappings: { properties },
    aliases: { [name]: { filter: { script: { script: { source } } } } },
  });
  return name;
}

/** Answers of searches over that index, and only those, say something else. */
function rewritten(reason: RegExp, change: Record<string, unknown>): Case {
  return {
    reason,
    hidesVectors: true,
    async setUp(t, fixture, index) {
      const { level, ...others } = LOG_PROPERTIES;
      // Of another shape it is searched apart from the others.
      await fixture.create(index, { mappings: { properties: { ...others, severity: level } } });
      await fixture.fill(
        index,
        errorLogs(3).map(({ level: severity, ...log }) => ({ ...log, severity })),
      );
      const faults = await startOpenSearchFaults(t, fixture.url);
      let headers: string[] = [];
      const isSearch = ({ line, body }: { line: string; body: string }) => {
        if (!line.startsWith("POST /_msearch")) return false;
        headers = body.split("\n").filter((_, i) => i % 2 === 0);
        return headers.some((header) => header.includes(index));
      };
      const rewrite = (body: unknown) => {
        assert.ok(isObject(body) && Array.isArray(body["responses"]));
        const asked = headers;
        return {
          ...body,
          responses: body["responses"].map((one: unknown, i) =>
            asked[i]?.includes(index) ? merged(one, change) : one,
          ),
        };
      };
      faults.fail(isSearch, { kind: "rewrites", rewrite });
      return { name: index, url: faults.url };
    },
  };
}

/** With what is changed, however deep; what is not there at all stays away. */
function merged(whole: unknown, change: unknown): unknown {
  if (!isObject(whole) || !isObject(change)) return change;
  const parts = Object.entries(change)
    .filter(([key, part]) => key in whole || !isObject(part))
    .map(([key, part]) => [key, merged(whole[key], part)]);
  return { ...whole, ...Object.fromEntries(parts) };
}

const CASES: Record<string, Case> = {
  "a shard without a copy": {
    reason: /^1 of 1 shard has no copy that can be searched$|^no shard has a copy/,
    hidesVectors: false,
    async setUp(_t, { send, url }, index) {
      await send("PUT", `/${index}?wait_for_active_shards=0`, {
        settings: {
          index: { number_of_replicas: 0, knn: true, "routing.allocation.require._name": "nobody" },
        },
        mappings: { properties: LOG_PROPERTIES },
      });
      return { name: index, url };
    },
  },
  "a shard that fails": {
    reason: /^1 of 2 shards failed \(script_exception: runtime error\)$/,
    hidesVectors: false,
    async setUp(_t, fixture, index) {
      const source = "if (doc['poison'].size() > 0) { throw new Exception('no') } return true";
      const name = await createBehindScript(fixture, index, source);
      const [first = {}, ...rest] = errorLogs(6);
      await fixture.fill(index, [{ ...first, poison: "x" }, ...rest]);
      return { name, url: fixture.url };
    },
  },
  "a search that ran out of its time": rewritten(/^the search timed out/, {
    timed_out: true,
  }),
  "a search that was ended early": rewritten(/^OpenSearch ended the search before/, {
    terminated_early: true,
  }),
  "counts that leave out records": rewritten(/^OpenSearch left 7 records out of its counts$/, {
    aggregations: { indices: { sum_other_doc_count: 7 }, models: { sum_other_doc_count: 7 } },
  }),
};

const gapsShape = z.array(z.object({ index: z.string(), reason: z.string() }));
const rowShape = z.looseObject({
  records: z.number().nullable(),
  pending: z.number().nullable(),
  coverage: z.number().nullable(),
});
const statusShape = z.looseObject({
  gaps: gapsShape,
  indices: z.array(rowShape.extend({ index: z.string() })),
  total: rowShape,
});
const overviewShape = z.looseObject({
  coverage: statusShape,
  state: z.looseObject({ word: z.string() }),
  cycles: z.looseObject({ past: z.array(z.looseObject({ found: z.number().nullable() })) }),
});
const checkShape = z.looseObject({ ok: z.boolean(), gaps: gapsShape, pending: z.null() });
const searchShape = z.looseObject({
  gaps: gapsShape,
  searched: z.looseObject({ records: z.null() }),
});
const NOTHING_SEEN = { records: null, pending: null, coverage: null };

await onEachOpenSearch((version) => {
  for (const [what, { reason, hidesVectors, setUp }] of Object.entries(CASES)) {
    test(`${what} is named, and what it hides is counted nowhere`, async (t) => {
      const fixture = await openFixture(t, version);
      const [logs, part] = [fixture.name("logs"), fixture.name("part")];
      await fixture.create(logs);
      await fixture.fill(logs, errorLogs(2));
      const { name, url } = await setUp(t, fixture, part);
      const env = {
        ...fixture.env,
        OPENSEARCH_URL: url,
        OPENSEARCH_INDEX_PATTERN: `${logs},${name}`,
        STATE_DIR: await temporaryFolder(t),
      };
      const run = (...args: string[]) => runVectorizer(t, args, { env });
      const named = (gaps: readonly Gap[]) => {
        assert.deepEqual([...new Set(gaps.map(({ index }) => index))], [part]);
        for (const gap of gaps) assert.match(gap.reason, reason);
      };

      const check = await run("check", "--json");
      assert.equal(check.code, 1, check.stdout);
      named(printedJson(check, checkShape).gaps);

      const once = await run("--once", "--json");
      assert.equal(once.code, 1, once.stderr);
      const summary = printedSummary(once);
      const { updated = 0 } = outcomesOf(summary);
      assert.ok(updated >= 2, "what was seen has its vectors");
      named(summary.gaps);
      assert.partialDeepStrictEqual(summary, { found: null, backlog: null, other_model: null });
      assert.match(once.stderr, new RegExp(`WARN .* in part \\(${part}: `));

      const drained = await run("--drain");
      assert.equal(drained.code, 1, drained.stdout);
      assert.match(drained.stdout, /ended early: /);
      assert.match(drained.stdout, /backlog unknown/);

      const status = await run("status", "--json");
      assert.equal(status.code, 1, status.stdout);
      const counted = printedJson(status, statusShape);
      named(counted.gaps);
      const rows = new Map(counted.indices.map((row) => [row.index, row]));
      assert.partialDeepStrictEqual(rows.get(logs), { records: 2, pending: 0, coverage: 1 });
      assert.partialDeepStrictEqual(rows.get(part), NOTHING_SEEN);
      assert.partialDeepStrictEqual(counted.total, NOTHING_SEEN);
      const said = await run("status");
      assert.match(said.stdout, new RegExp(`^${part} +unknown`, "m"));
      assert.match(said.stdout, new RegExp(`Index ${part} cannot be seen in whole\n`));

      if (!hidesVectors) return;
      const found = await run("search", "Request failed", "--json");
      assert.equal(found.code, 1, found.stdout);
      named(printedJson(found, searchShape).gaps);
    });
  }

  test("the page, its JSON and the metrics show nothing of an index that cannot be seen in whole", async (t) => {
    const fixture = await openFixture(t, version);
    const [logs, part] = [fixture.name("logs"), fixture.name("part")];
    await fixture.create(logs);
    await fixture.fill(logs, errorLogs(2));
    const { name } = await (CASES["a shard that fails"]?.setUp(t, fixture, part) ?? assert.fail());
    const { env, url } = await httpDaemon(t, fixture);
    const daemon = await startVectorizer(t, [], {
      env: { ...env, OPENSEARCH_INDEX_PATTERN: `${logs},${name}`, HTTP_OPEN: "true" },
    });
    await daemon.says(/Cycle #1 summary: .*backlog unknown/);

    const status = await (await ask(t, `${url}/api/v1/status`)).json();
    assert.partialDeepStrictEqual(statusShape.parse(status).total, NOTHING_SEEN);
    const overview = overviewShape.parse(await (await ask(t, `${url}/api/v1/overview`)).json());
    assert.deepEqual(
      overview.coverage.gaps.map(({ index }) => index),
      [part],
    );
    assert.notEqual(overview.state.word, "idle");
    assert.equal(overview.cycles.past[0]?.found, null);
    const metrics = await (await ask(t, `${url}/metrics`)).text();
    assert.match(metrics, new RegExp(`coverage_ratio\\{.*index_group="${logs}".*\\} 1$`, "m"));
    assert.doesNotMatch(metrics, new RegExp(`index_group="${part}"`));
    assert.doesNotMatch(metrics, /^log_vectorizer_progress_ratio /m);
    // The page waits for OpenSearch no longer than a person would.
    await eventually(async () => {
      const page = await (await ask(t, `${url}/`)).text();
      return page.includes(`Index ${part} cannot be seen in whole`);
    }, t);
  });

  test("a search is not cut off by the time that the cluster gives those without one", async (t) => {
    const server = await startOpenSearch({ version });
    t.after(() => server.stop());
    const fixture = fixtureAt(server.url, version);
    const index = fixture.name("slow");
    // OpenSearch looks at the clock five times a second.
    const source = "String s = ''; for (int i = 0; i < 6000; i++) { s += i } return s.length() > 0";
    const name = await createBehindScript(fixture, index, source);
    await fixture.fill(index, errorLogs(60));
    const transient = { "search.default_search_timeout": "1ms" };
    await fixture.send("PUT", "/_cluster/settings", { transient });
    const slow = await fixture.send("POST", `/${name}/_search`, { size: 60 });
    assert.equal(slow["timed_out"], true, "it is quick enough for the cluster");

    const env = { ...fixture.env, OPENSEARCH_INDEX_PATTERN: name };
    const once = await runVectorizer(t, ["--once", "--json"], { env });

    assert.equal(once.code, 0, once.stderr);
    assert.partialDeepStrictEqual(printedSummary(once), { found: 60, backlog: 0, gaps: [] });
  });
});
