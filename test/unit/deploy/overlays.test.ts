import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { VERSION } from "../../../src/app/version.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { problemsOf } from "./manifest-problems.ts";
import { nameOf, NO_KUSTOMIZE, OVERLAYS, renderOverlay, type Manifest } from "./manifests.ts";
import { judge, roleSettings } from "./role-settings.ts";

// No cluster is to be had here: what would be applied is rendered, and its settings are given to the program.
const skip = NO_KUSTOMIZE;
const COMPONENTS = ["ephemeral-state", "pod-monitor", "service-monitor"];
const KUBERNETES = resolve(import.meta.dirname, "../../../deploy/kubernetes");
const SECRETS = z
  .object({ stringData: z.record(z.string(), z.string()) })
  .parse(parse(await readFile(resolve(KUBERNETES, "base/secret.example.yaml"), "utf8"))).stringData;
/** What no file can hold for others. */
const OF_THE_USER = ["HTTP_TOKEN", "OPENAI_API_KEY"];

const names = (manifests: readonly Manifest[]) =>
  manifests
    .map(({ kind, metadata }) => `${kind} ${metadata?.name}`)
    .toSorted((a, b) => a.localeCompare(b));

const ALWAYS = [
  "ConfigMap log-vectorizer",
  "NetworkPolicy log-vectorizer",
  "Service log-vectorizer",
  "Service log-vectorizer-pods",
  "ServiceAccount log-vectorizer",
  "StatefulSet log-vectorizer-scheduler",
];

test(
  "daemon is one process without Kafka, kafka has tails and workers besides",
  { skip },
  async (t) => {
    const daemon = await renderOverlay(t, "daemon");
    assert.deepEqual(names(daemon), ALWAYS);
    const [settings] = roleSettings(daemon);
    assert.ok(settings && !Object.keys(settings.env).some((name) => name.includes("KAFKA")));
    const kinds = ["Deployment", "PodDisruptionBudget"];
    const besides = kinds.flatMap((kind) =>
      ["tail", "worker"].map((component) => `${kind} log-vectorizer-${component}`),
    );
    const kafka = names(await renderOverlay(t, "kafka"));
    assert.deepEqual(
      kafka,
      [...ALWAYS, ...besides].toSorted((a, b) => a.localeCompare(b)),
    );
  },
);

for (const overlay of OVERLAYS) {
  test(
    `${overlay}: what is rendered is valid, and runs the image of this version`,
    { skip },
    async (t) => {
      const manifests = await renderOverlay(t, overlay, COMPONENTS);
      const problems = await problemsOf(manifests);
      for (const [i, one] of manifests.entries()) assert.deepEqual(problems[i], [], nameOf(one));
      const images = JSON.stringify(manifests).matchAll(/"image":"([^"]*)"/g);
      for (const [, image] of images) {
        assert.equal(image, `registry.example.com/log-vectorizer:${VERSION}`);
      }
    },
  );

  test(
    `${overlay}: each container lacks what only its user can give, and nothing else`,
    { skip },
    async (t) => {
      const roles = roleSettings(await renderOverlay(t, overlay));
      assert.deepEqual(
        roles.map(({ role }) => role).toSorted(),
        overlay === "daemon" ? ["run"] : ["run", "tail", "worker"],
      );
      for (const { role, env, secrets } of roles) {
        assert.deepEqual(judge(role, env).problems, OF_THE_USER, role);
        const { config, problems } = judge(role, { ...env, ...SECRETS });
        assert.deepEqual(problems, [], role);
        assert.equal(config?.kafka !== undefined, overlay !== "daemon");
        // A Secret that must be there would keep the container from starting, and from saying what it lacks.
        assert.deepEqual(secrets, [{ name: "log-vectorizer", optional: true }]);
      }
    },
  );
}

test(
  "a container that lacks a setting says which and ends with 2",
  { skip, timeout: 120_000 },
  async (t) => {
    for (const { role, env } of roleSettings(await renderOverlay(t, "kafka"))) {
      const whole = { ...env, ...SECRETS };
      for (const lacking of [...OF_THE_USER, "KAFKA_BOOTSTRAP_SERVERS"]) {
        const { code, stderr } = await runVectorizer(t, [role], {
          env: { ...whole, [lacking]: "" },
        });
        assert.equal(code, 2, `${role} without ${lacking}: ${stderr}`);
        assert.match(stderr, new RegExp(`\\b${lacking}\\b`), `${role} without ${lacking}`);
      }
    }
  },
);

test("without a volume the state is in the pod, and nothing asks for one", { skip }, async (t) => {
  const find = (manifests: Manifest[]) => {
    const found = manifests.find(({ kind }) => kind === "StatefulSet");
    const shape = z.object({
      volumeClaimTemplates: z.array(z.unknown()).optional(),
      template: z.object({
        spec: z.object({ volumes: z.array(z.looseObject({ name: z.string() })) }),
      }),
    });
    return shape.parse(found?.["spec"]);
  };
  const kept = find(await renderOverlay(t, "daemon"));
  const ephemeral = find(await renderOverlay(t, "daemon", ["ephemeral-state"]));
  assert.equal(kept.volumeClaimTemplates?.length, 1);
  assert.equal(ephemeral.volumeClaimTemplates, undefined);
  const state = ephemeral.template.spec.volumes.find(({ name }) => name === "state");
  assert.deepEqual(state, { name: "state", emptyDir: { sizeLimit: "256Mi" } });
});

test(
  "a monitor selects each pod once, by the port that there is, under a job that the rules look at",
  { skip },
  async (t) => {
    const labels = z.record(z.string(), z.string());
    const endpoint = z.object({ port: z.string(), path: z.string(), authorization: z.unknown() });
    const spec = z.object({
      jobLabel: z.string(),
      selector: z.object({ matchLabels: labels }),
      podMetricsEndpoints: z.tuple([endpoint]).optional(),
      endpoints: z.tuple([endpoint]).optional(),
    });
    const selected = async (component: string, kind: string, of: (one: Manifest) => unknown) => {
      const manifests = await renderOverlay(t, "kafka", [component]);
      const monitor = spec.parse(manifests.find((one) => one.kind === kind)?.["spec"]);
      const endpoints = monitor.podMetricsEndpoints ?? monitor.endpoints;
      const { port, path, authorization } = endpoints?.[0] ?? assert.fail("no endpoint");
      assert.deepEqual([port, path], ["http", "/metrics"]);
      assert.deepEqual(authorization, {
        credentials: { name: "log-vectorizer", key: "HTTP_TOKEN" },
      });
      const matching = manifests.flatMap((one) => {
        const its = labels.safeParse(of(one)).data;
        const matches =
          its && Object.entries(monitor.selector.matchLabels).every(([k, v]) => its[k] === v);
        return matches ? [{ name: one.metadata?.name, job: its[monitor.jobLabel] }] : [];
      });
      for (const { job } of matching) assert.match(job ?? "", /^log-vectorizer/);
      return new Set(matching.map(({ name }) => name));
    };
    const template = z.object({
      spec: z.object({ template: z.object({ metadata: z.object({ labels }) }) }),
    });
    const pods = (one: Manifest) => template.safeParse(one).data?.spec.template.metadata.labels;
    const three = ["scheduler", "tail", "worker"].map((name) => `log-vectorizer-${name}`);
    assert.deepEqual(await selected("pod-monitor", "PodMonitor", pods), new Set(three));
    const services = (one: Manifest) =>
      one.kind === "Service" ? one.metadata?.["labels"] : undefined;
    const found = await selected("service-monitor", "ServiceMonitor", services);
    assert.deepEqual(found, new Set(["log-vectorizer-pods"]));
  },
);
