import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import {
  startOpenSearch,
  type OpenSearchVersion,
} from "../../../scripts/local-servers/opensearch.ts";
import {
  nameIn,
  readFieldCases,
  setUpFieldCase,
  type FieldCase,
} from "../../support/field-cases.ts";
import { startOpenSearchFaults } from "../../support/servers/open-search-faults.ts";
import {
  fixtureAt,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../../support/servers/open-search-fixture.ts";
import { printedJson } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const reportShape = z.object({
  fit: z.array(z.object({ index: z.string(), unsearchable: z.string().optional() })),
  unfit: z.array(z.object({ index: z.string(), reason: z.string(), fix: z.string().optional() })),
});

await onEachOpenSearch((version) => {
  const cases = readFieldCases(version);
  const isShared = (one: FieldCase) => !one.cluster_settings && !one.node_setting;

  for (const one of cases.filter(isShared)) {
    test(`${one.name}: check and a run agree`, async (t) => {
      await judge(t, await openFixture(t, version), one);
    });
  }

  test("cases that need a setting of the cluster", async (t) => {
    const { url } = await ownServer(t, version, {});
    for (const one of cases.filter(({ cluster_settings: set }) => set !== undefined)) {
      await t.test(`${one.name}: check and a run agree`, async (inner) => {
        const fixture = fixtureAt(url, version);
        const persistent = one.cluster_settings ?? {};
        await fixture.send("PUT", "/_cluster/settings", { persistent });
        try {
          await judge(inner, fixture, one);
        } finally {
          const names = Object.keys(persistent).map((name) => [name, null]);
          await fixture.send("PUT", "/_cluster/settings", {
            persistent: Object.fromEntries(names),
          });
          await fixture.send("DELETE", `/${fixture.pattern}`);
        }
      });
    }
  });

  test("cases that need a setting of the nodes", async (t) => {
    const [first, ...rest] = cases.filter(({ node_setting: set }) => set !== undefined);
    const settings = Object.entries(first?.node_setting ?? {}).map(([name, value]) => [
      name,
      String(value),
    ]);
    const { url } = await ownServer(t, version, Object.fromEntries(settings));
    for (const one of first ? [first, ...rest] : []) {
      await t.test(`${one.name}: check and a run agree`, async (inner) => {
        await judge(inner, fixtureAt(url, version), one);
      });
    }
  });
});

async function ownServer(
  t: TestContext,
  version: OpenSearchVersion,
  settings: Record<string, string>,
) {
  const server = await startOpenSearch({ version, settings });
  t.after(() => server.stop());
  return server;
}

/** What `check` calls fit gets its vectors, what it calls unfit gets none, and both end alike. */
async function judge(t: TestContext, fixture: OpenSearchFixture, one: FieldCase): Promise<void> {
  await setUpFieldCase(fixture, one);
  const url = one.proxy ? await gateway(t, fixture.url, one.proxy) : fixture.url;
  const env = { ...fixture.env, ...one.env, OPENSEARCH_URL: url };
  const { expect } = one;
  const named = <T>(record: Record<string, T>) =>
    Object.entries(record).map(([name, value]) => [nameIn(fixture, name), value] as const);

  const check = await runVectorizer(t, ["check", "--json"], { env });
  const how = one.run.includes("--drain") ? "--drain" : "--once";
  const run = await runVectorizer(t, [how, "--json"], { env });

  const report = printedJson(check, reportShape);
  const said = `${check.stdout}\n${run.stderr}`;
  const unfit = new Map(report.unfit.map(({ index, reason }) => [index, reason]));
  assert.deepEqual(
    new Set(unfit.keys()),
    new Set(named(expect.unfit).map(([index]) => index)),
    said,
  );
  for (const [index, reason] of named(expect.unfit)) {
    assert.match(unfit.get(index) ?? "", new RegExp(reason));
  }
  if (expect.fix !== undefined) {
    for (const { fix = "" } of report.unfit) assert.match(fix, new RegExp(expect.fix));
  }
  assert.deepEqual(
    await vectors(fixture, Object.keys(one.indices).length > 0),
    new Map(named(expect.vectors).toSorted(([a], [b]) => a.localeCompare(b))),
    said,
  );
  assert.equal(check.code, expect.check_exit ?? run.code, `check ended otherwise: ${said}`);
  assert.equal(run.code, expect.exit ?? (Object.keys(expect.vectors).length > 0 ? 0 : 1), said);
  if (expect.search) await searched(t, env, named(expect.search), report);
}

/** Documents with a vector, by index; read without what an index has against searches. */
async function vectors(fixture: OpenSearchFixture, isThere: boolean): Promise<Map<string, number>> {
  const usual = { "index.max_result_window": null, "index.search.default_pipeline": null };
  if (isThere) await fixture.send("PUT", `/${fixture.pattern}/_settings`, usual);
  const counts = new Map<string, number>();
  for (const { index, source } of (await fixture.documents(fixture.pattern)).values()) {
    if ("log_vector" in source) counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return new Map([...counts].toSorted(([a], [b]) => a.localeCompare(b)));
}

const answerShape = z.object({
  hits: z.array(z.object({ index: z.string(), score: z.number(), id: z.string() })),
});

/** A text of its own is what each record is nearest to, with the score of equal texts; what check calls unsearchable is left out. */
async function searched(
  t: TestContext,
  env: Record<string, string>,
  expected: readonly (readonly [string, number])[],
  { fit }: z.infer<typeof reportShape>,
): Promise<void> {
  const found = await runVectorizer(t, ["search", "disk full", "--json", "--limit", "50"], { env });
  assert.equal(found.code, 0, found.stdout + found.stderr);
  const { hits } = printedJson(found, answerShape);
  const open = fit.filter(({ unsearchable }) => unsearchable === undefined);
  assert.deepEqual(
    new Set(open.map(({ index }) => index)),
    new Set(expected.map(([index]) => index)),
  );
  assert.ok(hits.length > 0, found.stdout);
  const [best] = hits;
  const similar = await runVectorizer(t, ["similar", best?.index ?? "", best?.id ?? "", "--json"], {
    env,
  });
  assert.equal(similar.code, 0, similar.stdout + similar.stderr);
}

async function gateway(
  t: TestContext,
  url: string,
  closed: Record<string, number>,
): Promise<string> {
  const faults = await startOpenSearchFaults(t, url);
  for (const [pattern, status] of Object.entries(closed)) {
    const path = pattern.replace(/^[A-Z]+ /, "");
    const escaped = path.split("*").map((part) => RegExp.escape(part));
    const which = new RegExp(String.raw`^\w+ ${escaped.join("[^?]*")}(\?.*)?$`);
    faults.fail(which, { kind: "answers", status, body: { message: "not here" } });
  }
  return faults.url;
}
