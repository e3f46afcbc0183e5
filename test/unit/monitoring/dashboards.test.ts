import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DASHBOARD_FOLDER, DASHBOARDS } from "../../../scripts/dashboards.ts";
import { METRICS, PREFIX } from "../../../src/telemetry/metrics/definitions.ts";
import { MONITORING } from "../../support/servers/prometheus.ts";

const panels = Object.entries(DASHBOARDS).flatMap(([file, dashboard]) =>
  dashboard.panels.map((panel) => ({ file, panel })),
);

test("the files are what npm run dashboards writes", async () => {
  assert.deepEqual(
    (await readdir(DASHBOARD_FOLDER)).toSorted(),
    Object.keys(DASHBOARDS).toSorted(),
  );
  for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
    const written: unknown = JSON.parse(await readFile(join(DASHBOARD_FOLDER, name), "utf8"));
    assert.deepEqual(written, dashboard, name);
  }
});

/** What a panel can be about. Without one of these a title leaves open what it counts. */
const SUBJECT =
  /records?|requests?|vectors?|errors?|cost|tokens?|texts?|cycles?|alerts?|dead letters?|messages|process|service|services|budgets?|indices|availability|durations?|duration|work|embedder|search/i;
/** Words that point at something outside of the panel. */
const POINTS_ELSEWHERE = /\b(?:them|these|those|others?|it|its|above|below|same|rest)\b/i;

test("every panel says by itself what it shows: in its title, in a sentence, and with a unit or words for its values", () => {
  for (const { file, panel } of panels) {
    if (!("targets" in panel)) continue;
    const where = `${file}: ${panel.title}`;
    const { unit, mappings } = panel.fieldConfig.defaults;
    assert.ok(unit ?? mappings, where);
    assert.ok(panel.targets.length > 0, where);
    assert.match(panel.title, SUBJECT, where);
    assert.ok(panel.title.split(" ").length >= 3, where);
    assert.doesNotMatch(panel.title, POINTS_ELSEWHERE, where);
    assert.match(panel.description ?? "", /^\S.{15,}\.$/s, `${where} has no description`);
  }
  const titles = panels
    .filter(({ panel }) => "targets" in panel)
    .map(({ panel }) => panel.title.toLowerCase());
  assert.deepEqual(titles, [...new Set(titles)], "two panels have one title");
});

test("no panel lies on another, and none goes beyond the width", () => {
  for (const { panels: all } of Object.values(DASHBOARDS)) {
    const taken = new Set<string>();
    for (const { title, gridPos } of all) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let { x } = gridPos; x < gridPos.x + gridPos.w; x += 1) {
        for (let { y } = gridPos; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(!taken.has(`${x}/${y}`), title);
          taken.add(`${x}/${y}`);
        }
      }
    }
  }
});

test("every metric that is asked for is one that the service has or a rule records", async () => {
  const rules = await Promise.all(
    (await readdir(join(MONITORING, "rules"))).map((name) =>
      readFile(join(MONITORING, "rules", name), "utf8"),
    ),
  );
  const recorded = rules.flatMap((text) => [...text.matchAll(/- record: (\S+)/g)]);
  const known = new Set([
    ...Object.keys(METRICS).map((name) => PREFIX + name),
    ...recorded.map(([, name]) => name),
  ]);
  const asked = [...rules, JSON.stringify(DASHBOARDS)].join("\n");
  const names = asked.matchAll(/(?:[a-z_]+:)?log_vectorizer_[a-z_]+(?::[a-z0-9_]+)?/g);
  for (const [name] of names) {
    const bare = name.replace(/_(?:bucket|count|sum)$/, "");
    assert.ok(known.has(name) || known.has(bare), name);
  }
});
