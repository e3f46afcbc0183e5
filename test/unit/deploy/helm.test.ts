import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { z } from "zod";
import { VERSION } from "../../../src/app/version.ts";
import { CHART, helm, NO_HELM, renderChart } from "./helm-chart.ts";
import { problemsOf } from "./manifest-problems.ts";
import { nameOf, NO_KUSTOMIZE, OVERLAYS, renderOverlay, type Manifest } from "./manifests.ts";
import { judge, roleSettings } from "./role-settings.ts";

const skip = NO_HELM;
const text = (name: string) => readFile(join(CHART, name), "utf8");

const SAME: [
  overlay: (typeof OVERLAYS)[number],
  components: string[],
  values: Record<string, string>,
][] = [
  ["daemon", [], {}],
  ["daemon", ["ephemeral-state"], { "persistence.enabled": "false" }],
  ["daemon", ["pod-monitor"], { monitor: "pod" }],
  ["kafka", [], { mode: "kafka" }],
  ["kafka", ["service-monitor"], { mode: "kafka", monitor: "service" }],
  ["keda", [], { mode: "kafka", scaling: "keda" }],
  ["hpa", [], { mode: "kafka", scaling: "hpa" }],
];

/** What Helm adds by its own customs. */
const OF_HELM = new Set([
  "app.kubernetes.io/instance",
  "app.kubernetes.io/version",
  "app.kubernetes.io/managed-by",
  "helm.sh/chart",
  "checksum/settings",
]);

/** By kind and name, without the file and what is Helm's own; empty objects are as good as none. */
function comparable(manifests: readonly Manifest[]): Map<string, unknown> {
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare);
    if (typeof value !== "object" || value === null) return value;
    const kept = Object.entries(value)
      .filter(([name]) => !OF_HELM.has(name))
      .map(([name, one]): [string, unknown] => [name, bare(one)])
      .filter(([name, one]) => name !== "annotations" || Object.keys(Object(one)).length > 0);
    return Object.fromEntries(kept);
  };
  const entries = manifests.map(({ file: _file, ...one }): [string, unknown] => [
    `${one.kind} ${one.metadata?.name}`,
    bare(one),
  ]);
  return new Map(entries.toSorted(([a], [b]) => a.localeCompare(b)));
}

test("the chart has the version of the program, and its values are those that its schema takes", async () => {
  const chart = z
    .object({ version: z.string(), appVersion: z.string() })
    .parse(parse(await text("Chart.yaml")));
  assert.deepEqual(chart, { version: VERSION, appVersion: VERSION });
  const schema = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await text("values.schema.json")));
  const takes = new Ajv({ strict: false }).compile(schema);
  const values: unknown = parse(await text("values.yaml"));
  assert.ok(takes(values), JSON.stringify(takes.errors));
  for (const wrong of [{ mode: "both" }, { settings: { HTTP_PORT: 9464 } }, { setings: {} }]) {
    assert.ok(!takes({ ...Object(values), ...wrong }), JSON.stringify(wrong));
  }
});

test("Helm's own linter finds nothing wrong, strictly and in each mode", { skip }, () => {
  for (const [, , values] of SAME) {
    const set = Object.entries(values).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    const { status, stdout, stderr } = helm(["lint", "--strict", CHART, ...set]);
    assert.equal(status, 0, stdout + stderr);
  }
});

for (const [overlay, components, values] of SAME) {
  const what = [overlay, ...components].join(" with ");
  test(
    `the chart with ${JSON.stringify(values)} is deploy/kubernetes' ${what}`,
    { skip: skip || NO_KUSTOMIZE },
    async (t) => {
      const chart = renderChart(values);
      const kustomized = await renderOverlay(t, overlay, components);
      assert.deepEqual(comparable(chart), comparable(kustomized));
      const problems = await problemsOf(chart);
      for (const [i, one] of chart.entries()) assert.deepEqual(problems[i], [], nameOf(one));
    },
  );
}

test(
  "secrets that are given as values become the Secret that each container reads, and are enough",
  { skip },
  () => {
    const secrets = {
      HTTP_TOKEN: "a-token-of-32-characters-0123456",
      OPENAI_API_KEY: "sk-0123456789",
    };
    const set = Object.entries(secrets).map(([name, value]) => [`secrets.${name}`, value]);
    const manifests = renderChart({ mode: "kafka", ...Object.fromEntries(set) });
    const shape = z.object({
      metadata: z.object({ name: z.string() }),
      stringData: z.record(z.string(), z.string()),
    });
    const secret = shape.parse(manifests.find(({ kind }) => kind === "Secret"));
    assert.deepEqual(secret.stringData, secrets);
    const roles = roleSettings(manifests);
    assert.equal(roles.length, 3);
    for (const { role, env, secrets: read } of roles) {
      assert.deepEqual(
        read.map(({ name }) => name),
        [secret.metadata.name],
      );
      assert.deepEqual(judge(role, { ...env, ...secret.stringData }).problems, [], role);
    }
  },
);

test("two releases in one namespace share no name and select only their own pods", { skip }, () => {
  const [one, other] = ["orders", "log-vectorizer"].map((name) =>
    renderChart({ mode: "kafka" }, name),
  );
  const names = (all: Manifest[] = []) =>
    all.map(({ kind, metadata }) => `${kind} ${metadata?.name}`);
  assert.equal(new Set([...names(one), ...names(other)]).size, 2 * names(one).length);
  const selectors = JSON.stringify(one).match(/"(?:matchLabels|selector)":\{"app[^}]*\}/g) ?? [];
  assert.ok(selectors.length > 6);
  for (const selector of selectors)
    assert.match(selector, /"app.kubernetes.io\/instance":"orders"/);
});

test("values that make no sense are refused with a sentence", { skip }, () => {
  assert.throws(
    () => renderChart({ scaling: "keda" }),
    /scaling: keda scales tails and workers, which mode: kafka has/,
  );
  assert.throws(() => renderChart({ mode: "both" }), /mode/);
  assert.throws(() => renderChart({ "settings.HTTP_PORT": "9000" }), /HTTP_PORT/);
});
