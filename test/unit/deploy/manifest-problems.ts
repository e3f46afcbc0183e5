import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import type { Manifest } from "./manifests.ts";

type Validated = { validate(): void };

/** By version and kind: who validates it, and which module has its type. */
const KINDS: Readonly<Record<string, (manifest: object) => Validated>> = {
  "apps/v1/Deployment": (manifest) => Object.assign(new Deployment(), manifest),
  "apps/v1/StatefulSet": (manifest) => Object.assign(new StatefulSet(), manifest),
  "autoscaling/v2/HorizontalPodAutoscaler": (manifest) =>
    Object.assign(new HorizontalPodAutoscaler(), manifest),
  "networking.k8s.io/v1/NetworkPolicy": (manifest) => Object.assign(new NetworkPolicy(), manifest),
  "policy/v1/PodDisruptionBudget": (manifest) => Object.assign(new PodDisruptionBudget(), manifest),
  "v1/ConfigMap": (manifest) => Object.assign(new ConfigMap(), manifest),
  "v1/Secret": (manifest) => Object.assign(new Secret(), manifest),
  "v1/Service": (manifest) => Object.assign(new Service(), manifest),
  "v1/ServiceAccount": (manifest) => Object.assign(new ServiceAccount(), manifest),
  "keda.sh/v1alpha1/ScaledObject": (manifest) => Object.assign(new ScaledObject(), manifest),
  "monitoring.coreos.com/v1/PodMonitor": (manifest) => Object.assign(new PodMonitor(), manifest),
  "monitoring.coreos.com/v1/ServiceMonitor": (manifest) =>
    Object.assign(new ServiceMonitor(), manifest),
};

/** By API group: which package has its types, where Kubernetes' own has not. */
const PACKAGES: Readonly<Record<string, string>> = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

const TSC = resolve(import.meta.dirname, "../../../node_modules/typescript/bin/tsc");

/**
 * What is wrong with each, by the schemas of Kubernetes, KEDA and the Prometheus Operator; an empty list where nothing is. Validators let fields
 * pass that no schema knows, so the compiler looks for those: an object literal may hold nothing that its type does not.
 */
export async function problemsOf(manifests: readonly Manifest[]): Promise<string[][]> {
  const unknown = await compiled(manifests);
  return manifests.map((manifest, i) => [...invalid(manifest), ...(unknown[i] ?? [])]);
}

function invalid({ file: _file, ...manifest }: Manifest): string[] {
  const key = keyOf(manifest);
  const open = KINDS[key];
  if (!open) return [`nobody knows ${key}`];
  try {
    open(manifest).validate();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function keyOf({ apiVersion, kind }: { apiVersion?: unknown; kind?: unknown }): string {
  return `${String(apiVersion)}/${String(kind)}`;
}

/** A line of source for each, so that the line of an error says which it is about. */
async function compiled(manifests: readonly Manifest[]): Promise<string[][]> {
  const folder = await mkdtemp(join(tmpdir(), "manifests-"));
  try {
    const lines = manifests.map((one, i) => {
      const { file: _file, ...manifest } = one;
      const key = keyOf(one);
      const from = PACKAGES[key.split("/")[0] ?? ""] ?? "kubernetes-models";
      const path = fileURLToPath(import.meta.resolve(`${from}/${key}`));
      return `export const m${i}: import(${JSON.stringify(path)}).I${one.kind} = ${JSON.stringify(manifest)};`;
    });
    await writeFile(join(folder, "manifests.ts"), lines.join("\n"));
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--types", ""];
    const { stdout, error } = spawnSync(process.execPath, [TSC, ...options, "manifests.ts"], {
      cwd: folder,
      encoding: "utf8",
    });
    if (error) throw error;
    const found: string[][] = manifests.map(() => []);
    for (const said of stdout.split("\n").filter((line) => line.includes("error"))) {
      const [, line] = /^manifests\.ts\((\d+),\d+\): error/.exec(said) ?? [];
      const problems = found[Number(line) - 1];
      if (!problems) throw new Error(said);
      problems.push(said);
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
