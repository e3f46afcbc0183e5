import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { runCommand } from "../../../src/adapters/process/run-command.ts";
import { programOnPath } from "../../support/commands/program-on-path.ts";
import { temporaryFolder } from "../../support/commands/run-command.ts";

const FOLDER = resolve(import.meta.dirname, "../../../deploy/kubernetes");

const manifestShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }).optional(),
});

export type Manifest = z.infer<typeof manifestShape> & {
  /** Where it stands, from the folder of all. */
  file: string;
};

/** Every document of every file. Throws where one cannot be read. */
export async function readManifests(): Promise<Manifest[]> {
  const entries = await readdir(FOLDER, { recursive: true });
  const files = entries.filter((name) => name.endsWith(".yaml")).toSorted();
  const read = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(FOLDER, file), "utf8");
      return manifestsIn(text, file);
    }),
  );
  return read.flat();
}

export function manifestsIn(text: string, file: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new Error(`${file}: ${problem.message}`);
    const value: unknown = document.toJS();
    // Where a template leaves nothing but a comment.
    return value === null ? [] : [{ ...manifestShape.parse(value), file }];
  });
}

const RENDER = programOnPath("kubectl")
  ? ["kubectl", "kustomize"]
  : programOnPath("kustomize")
    ? ["kustomize", "build"]
    : undefined;

/** Why tests of what is applied are skipped; false where kubectl or kustomize is there. No cluster is needed. */
export const NO_KUSTOMIZE = RENDER ? false : "neither kubectl nor kustomize is here";

export const OVERLAYS = ["daemon", "kafka", "keda", "hpa"] as const;

/** What `kubectl apply -k` would apply: an overlay, with components where an overlay of one's own adds some. */
export async function renderOverlay(
  t: Pick<TestContext, "after">,
  overlay: (typeof OVERLAYS)[number],
  components: readonly string[] = [],
): Promise<Manifest[]> {
  const folder = join(await temporaryFolder(t), "kubernetes");
  await cp(FOLDER, folder, { recursive: true });
  await mkdir(join(folder, "own"));
  const own = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [`../${overlay}`],
    components: components.map((name) => `../components/${name}`),
  };
  await writeFile(join(folder, "own/kustomization.yaml"), JSON.stringify(own));
  return renderFolder(join(folder, "own"));
}

export async function renderFolder(folder: string): Promise<Manifest[]> {
  const [program = "", ...args] = RENDER ?? [];
  const options = { program, args: [...args, folder], timeoutMs: 60_000 };
  return manifestsIn(await runCommand(options), folder);
}

export function nameOf({ kind, metadata, file }: Manifest): string {
  return `${file}: ${kind} ${metadata?.name ?? ""}`.trim();
}
