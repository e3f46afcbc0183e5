import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { programOnPath } from "../../support/commands/program-on-path.ts";
import { manifestsIn, type Manifest } from "./manifests.ts";

export const CHART = resolve(import.meta.dirname, "../../../deploy/helm/log-vectorizer");

/** Why tests with Helm are skipped; false where it is there. No cluster is needed. */
export const NO_HELM = programOnPath("helm")
  ? false
  : "no Helm here (.ci/run installs it from the Go module proxy)";

/** Of no cluster; a Helm that was built without its release's flags takes a very old one for granted. */
const KUBERNETES = "1.31.0";

export function helm(args: readonly string[]) {
  return spawnSync("helm", args, { encoding: "utf8" });
}

/** What `helm install NAME` would apply with such values. Throws what Helm says where it refuses them. */
export function renderChart(values: Record<string, string>, name = "log-vectorizer"): Manifest[] {
  const set = Object.entries(values).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const args = ["template", name, CHART, "--kube-version", KUBERNETES, ...set];
  const { status, stdout, stderr } = helm(args);
  if (status !== 0) throw new Error(stderr);
  return manifestsIn(stdout, `helm ${JSON.stringify(values)}`);
}
