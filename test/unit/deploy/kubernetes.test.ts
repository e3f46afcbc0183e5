import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { loadConfig } from "../../../src/config/config.ts";
import { isSettingName, SETTINGS } from "../../../src/config/settings.ts";
import { gatherSources } from "../../../src/config/sources.ts";
import { METRICS, PREFIX } from "../../../src/telemetry/metrics/definitions.ts";
import { groupsOf } from "../../../src/app/parts/streams.ts";
import { problemsOf } from "./manifest-problems.ts";
import { nameOf, readManifests, type Manifest } from "./manifests.ts";

const manifests = await readManifests();
const isKustomization = ({ kind }: Manifest) => kind === "Kustomization" || kind === "Component";
const isPatch = ({ file }: Manifest) => file.endsWith(".patch.yaml");
const objects = manifests.filter((one) => !isKustomization(one) && !isPatch(one));

function ofKind<Shape extends z.ZodType>(kind: string, shape: Shape): z.output<Shape>[] {
  return objects.filter((one) => one.kind === kind).map((one) => shape.parse(one));
}

const labels = z.record(z.string(), z.string());
const named = z.object({ name: z.string() });
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const pod = z.object({
  metadata: z.object({ labels }),
  spec: z.object({
    serviceAccountName: z.string(),
    automountServiceAccountToken: z.literal(false),
    enableServiceLinks: z.literal(false),
    terminationGracePeriodSeconds: z.number(),
    securityContext: z.looseObject({}),
    containers: z.tuple([
      z.object({
        image: z.string(),
        args: z.tuple([z.string()]),
        envFrom: z.array(z.record(z.string(), named)),
        ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
        startupProbe: probe,
        livenessProbe: probe,
        readinessProbe: probe,
        resources: z.object({
          requests: z.object({ cpu: z.string(), memory: z.string() }),
          limits: z.object({ memory: z.string() }),
        }),
        securityContext: z.looseObject({}),
        volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
      }),
    ]),
    volumes: z.array(named),
  }),
});
const workload = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), labels }),
  spec: z.object({
    replicas: z.number().optional(),
    selector: z.object({ matchLabels: labels }),
    serviceName: z.string().optional(),
    template: pod,
    volumeClaimTemplates: z.array(z.object({ metadata: named })).default([]),
  }),
});
const workloads = [...ofKind("StatefulSet", workload), ...ofKind("Deployment", workload)];
const [settings] = ofKind("ConfigMap", z.object({ metadata: named, data: labels }));
const [secret] = ofKind("Secret", z.object({ metadata: named, stringData: labels }));
const patch = z.object({ data: labels }).parse(manifests.find(isPatch));
assert.ok(settings && secret);
const withKafka = { ...settings.data, ...patch.data };
const env = { ...withKafka, ...secret.stringData };
const config = loadConfig(gatherSources({ flags: {}, env, envFile: undefined }), {
  needsEmbedder: true,
  needsKafka: true,
  logsToFile: true,
}).config;

test("every manifest is what the schemas of Kubernetes, KEDA and the Prometheus Operator know, and nothing else", async () => {
  const deployment = objects.find(({ kind }) => kind === "Deployment");
  const scaled = objects.find(({ kind }) => kind === "ScaledObject");
  const monitor = objects.find(({ kind }) => kind === "PodMonitor");
  assert.ok(deployment && scaled && monitor);
  const wrong: Manifest[] = [
    { ...deployment, spec: { ...Object(deployment["spec"]), replicaz: 1 } },
    { ...deployment, spec: { ...Object(deployment["spec"]), replicas: "three" } },
    { ...deployment, spec: {} },
    { ...scaled, spec: { ...Object(scaled["spec"]), maxReplicas: 3 } },
    { ...monitor, spec: { ...Object(monitor["spec"]), endpoints: [] } },
  ];
  const problems = await problemsOf([...objects, ...wrong]);
  for (const [i, one] of objects.entries()) assert.deepEqual(problems[i], [], nameOf(one));
  for (const [i, one] of wrong.entries()) {
    assert.notDeepEqual(problems[objects.length + i], [], `not found: ${JSON.stringify(one)}`);
  }
});

test("every file but the example of a Secret is applied", () => {
  const below: Record<string, string[]> = {
    base: [],
    daemon: ["../base"],
    kafka: ["../base"],
    hpa: ["../kafka"],
    keda: ["../kafka"],
    "components/ephemeral-state": [],
    "components/pod-monitor": [],
    "components/service-monitor": [],
  };
  const folders = manifests.filter(isKustomization).map(({ file }) => dirname(file));
  assert.deepEqual(new Set(folders), new Set(Object.keys(below)));
  for (const [folder, others] of Object.entries(below)) {
    const listed = manifests.find(
      (one) => isKustomization(one) && one.file.startsWith(`${folder}/`),
    );
    const { resources } = z.object({ resources: z.array(z.string()).default([]) }).parse(listed);
    const files = objects
      .filter(({ file }) => file.startsWith(`${folder}/`) && !file.includes(".example."))
      .map(({ file }) => file.slice(folder.length + 1));
    assert.deepEqual(new Set(resources), new Set([...files, ...others]));
  }
});

test("nothing has the name of another of its kind", () => {
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata?.name}`);
  assert.deepEqual(names, [...new Set(names)]);
});

test("the settings are settings, are accepted as they stand, and hold no secret", () => {
  for (const name of Object.keys(env)) assert.ok(isSettingName(name), name);
  for (const name of Object.keys(withKafka)) {
    assert.ok(isSettingName(name) && SETTINGS[name].secret !== true, `${name} is for the Secret`);
  }
  assert.equal(config.http?.host, "0.0.0.0");
  assert.equal(config.backfill.mode, "kafka");
});

test("there is one scheduler, and tails and workers that others may scale", () => {
  const found = workloads.map(({ kind, spec }) => [
    kind,
    spec.template.spec.containers[0].args[0],
    spec.replicas,
  ]);
  assert.deepEqual(found, [
    ["StatefulSet", "run", 1],
    ["Deployment", "tail", undefined],
    ["Deployment", "worker", undefined],
  ]);
});

for (const { metadata, spec } of workloads) {
  const { name } = metadata;
  const [container] = spec.template.spec.containers;

  test(`${name}: labels, ports, accounts and volumes lead to something`, () => {
    assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
    assert.equal(name, `log-vectorizer-${metadata.labels["app.kubernetes.io/component"]}`);
    assert.deepEqual(container.ports, [{ name: "http", containerPort: config.http?.port }]);
    const { startupProbe, livenessProbe, readinessProbe } = container;
    assert.deepEqual(
      [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet),
      ["/health", "/health", "/ready"].map((path) => ({ path, port: "http" })),
    );
    const from = container.envFrom.flatMap((one) => Object.entries(one));
    assert.deepEqual(from, [
      ["configMapRef", { name: settings.metadata.name }],
      ["secretRef", { name: secret.metadata.name }],
    ]);
    const accounts = ofKind("ServiceAccount", z.object({ metadata: named }));
    assert.deepEqual(
      accounts.map((one) => one.metadata.name),
      [spec.template.spec.serviceAccountName],
    );
    const volumes = [
      ...spec.template.spec.volumes.map((one) => one.name),
      ...spec.volumeClaimTemplates.map((one) => one.metadata.name),
    ];
    assert.deepEqual(new Set(container.volumeMounts.map((one) => one.name)), new Set(volumes));
  });

  test(`${name}: it is as little as it can be, and has the time that it takes to stop`, async () => {
    const { securityContext, terminationGracePeriodSeconds } = spec.template.spec;
    assert.partialDeepStrictEqual(securityContext, {
      runAsNonRoot: true,
      // A name, as the image has it, is no proof that it is not root.
      runAsUser: 1000,
      fsGroup: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.ok(terminationGracePeriodSeconds > 8);
    const dockerfile = await readFile(new URL("../../../Dockerfile", import.meta.url), "utf8");
    const [, folder] = /STATE_DIR=(\S+)/.exec(dockerfile) ?? [];
    assert.match(dockerfile, /^USER node$/m);
    const state = container.volumeMounts.find((one) => one.name === "state");
    assert.equal(state?.mountPath, folder, "the only folder besides /tmp that it writes to");
  });
}

test("services, budgets and policies select pods that are there", () => {
  const selecting = z.object({
    kind: z.string(),
    metadata: named,
    spec: z.object({
      selector: z.union([z.object({ matchLabels: labels }), labels]).optional(),
      podSelector: z.object({ matchLabels: labels }).optional(),
    }),
  });
  const count = (wanted: Record<string, string>) =>
    workloads.filter(({ spec }) =>
      Object.entries(wanted).every(([key, value]) => spec.template.metadata.labels[key] === value),
    ).length;
  const counted = ["Service", "PodDisruptionBudget", "NetworkPolicy"].flatMap((kind) =>
    ofKind(kind, selecting).map(({ metadata, spec }) => {
      const { selector, podSelector } = spec;
      const wanted = podSelector?.matchLabels ?? selector ?? {};
      const matched = "matchLabels" in wanted ? wanted["matchLabels"] : wanted;
      return [kind, metadata.name, count(labels.parse(matched))];
    }),
  );
  assert.deepEqual(counted, [
    ["Service", "log-vectorizer", 1],
    ["Service", "log-vectorizer-pods", 3],
    ["PodDisruptionBudget", "log-vectorizer-tail", 1],
    ["PodDisruptionBudget", "log-vectorizer-worker", 1],
    ["NetworkPolicy", "log-vectorizer", 3],
  ]);
  const services = ofKind("Service", z.object({ metadata: named }));
  const governed = new Set(workloads.flatMap(({ spec }) => spec.serviceName ?? []));
  assert.ok(services.some(({ metadata }) => governed.has(metadata.name)));
});

test("both ways of scaling have the same targets and ends", () => {
  const target = z.object({ name: z.string() });
  const hpa = ofKind(
    "HorizontalPodAutoscaler",
    z.object({ spec: z.object({ scaleTargetRef: target, maxReplicas: z.number() }) }),
  ).map(({ spec }) => [spec.scaleTargetRef.name, spec.maxReplicas]);
  const keda = ofKind(
    "ScaledObject",
    z.object({ spec: z.object({ scaleTargetRef: target, maxReplicaCount: z.number() }) }),
  ).map(({ spec }) => [spec.scaleTargetRef.name, spec.maxReplicaCount]);
  assert.deepEqual(hpa, keda);
  const scalable = workloads.filter(({ kind }) => kind === "Deployment");
  assert.deepEqual(
    hpa.map(([name]) => name),
    scalable.map(({ metadata }) => metadata.name),
  );
});

test("KEDA looks at the groups and topics that the settings name", () => {
  const metadata = z.object({
    bootstrapServers: z.string(),
    consumerGroup: z.string(),
    topic: z.string(),
    offsetResetPolicy: z.string(),
  });
  const scaled = ofKind(
    "ScaledObject",
    z.object({ spec: z.object({ triggers: z.tuple([z.object({ metadata })]) }) }),
  );
  assert.deepEqual(
    scaled.map(({ spec }) => spec.triggers[0].metadata),
    groupsOf(config).map(({ group, streams, from }) => ({
      bootstrapServers: withKafka["KAFKA_BOOTSTRAP_SERVERS"],
      consumerGroup: group,
      topic: streams.join(","),
      offsetResetPolicy: from,
    })),
  );
});

test("the HPA looks at a gauge that the program has, for its own component", () => {
  assert.deepEqual([...METRICS.desired_replicas.labels], ["component"]);
  const metric = z.object({
    name: z.literal(`${PREFIX}desired_replicas`),
    selector: z.object({ matchLabels: z.object({ component: z.string() }) }),
  });
  const external = z.object({ external: z.object({ metric }) });
  const hpa = ofKind(
    "HorizontalPodAutoscaler",
    z.object({
      spec: z.object({ scaleTargetRef: named, metrics: z.tuple([external]) }),
    }),
  );
  assert.deepEqual(
    hpa.map(({ spec }) => spec.metrics[0].external.metric.selector.matchLabels.component),
    ["tail", "worker"],
  );
});
