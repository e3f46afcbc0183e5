import { z } from "zod";
import { ConfigError } from "../../../src/config/problems.ts";
import { loadConfig, type Config } from "../../../src/config/config.ts";
import { gatherSources } from "../../../src/config/sources.ts";
import type { Manifest } from "./manifests.ts";

const texts = z.record(z.string(), z.string());
const named = z.object({ name: z.string() });
const source = z.object({
  configMapRef: named.optional(),
  secretRef: named.extend({ optional: z.boolean().default(false) }).optional(),
});
const workload = z.object({
  kind: z.enum(["StatefulSet", "Deployment"]),
  metadata: named,
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([z.object({ args: z.tuple([z.string()]), envFrom: z.array(source) })]),
      }),
    }),
  }),
});
const settingsShape = z.object({ kind: z.literal("ConfigMap"), metadata: named, data: texts });

export type RoleSettings = {
  role: string;
  /** From the ConfigMaps that its container names. */
  env: Record<string, string>;
  /** The Secrets that it names, and whether it starts without them. */
  secrets: { name: string; optional: boolean }[];
};

/** What the container of each workload gets as its environment. Throws where a ConfigMap is not there. */
export function roleSettings(manifests: readonly Manifest[]): RoleSettings[] {
  const maps = manifests.flatMap((one) => settingsShape.safeParse(one).data ?? []);
  return manifests.flatMap((one) => {
    const { success, data } = workload.safeParse(one);
    if (!success) return [];
    const [{ args, envFrom }] = data.spec.template.spec.containers;
    const env = envFrom.flatMap(({ configMapRef }) => {
      if (!configMapRef) return [];
      const map = maps.find(({ metadata }) => metadata.name === configMapRef.name);
      if (!map) throw new Error(`${data.metadata.name}: no ConfigMap ${configMapRef.name}`);
      return Object.entries(map.data);
    });
    const secrets = envFrom.flatMap(({ secretRef }) => secretRef ?? []);
    return [{ role: args[0], env: Object.fromEntries(env), secrets }];
  });
}

/** The program's own judgement of such an environment: its configuration, or the names of what is wrong or missing. */
export function judge(
  role: string,
  env: Record<string, string>,
): { config?: Config; problems: string[] } {
  try {
    const sources = gatherSources({ flags: {}, env, envFile: undefined });
    const options = { needsEmbedder: true, needsKafka: role !== "run" };
    return { config: loadConfig(sources, options).config, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.lines.map((line) => line.slice(0, line.indexOf(":"))) };
  }
}
