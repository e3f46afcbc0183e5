import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DASHBOARD_FOLDER, DASHBOARDS } from "../../scripts/dashboards.ts";
import { METRICS, PREFIX } from "../../src/metrics/definitions.ts";
import { MONITORING } from "../support/prometheus.ts";

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

test("every panel has a title of its own, and a unit or words for its values", () => {
  for (const { file, panel } of panels) {
    if (!("targets" in panel)) continue;
    const { unit, mappings } = panel.fieldConfig.defaults;
    assert.ok(unit ?? mappings, `${file}: ${panel.title}`);
    assert.ok(panel.targets.length > 0, panel.title);
  }
  const titles = panels.map(({ file, panel }) => `${file}: ${panel.title}`);
  assert.equal(new Set(titles).size, titles.length);
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
