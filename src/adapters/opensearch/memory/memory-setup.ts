import { z } from "zod";
import type { SetupPlan, SetupStep } from "../../../ports/schema-admin.ts";
import type { Api } from "../api.ts";
import { isNotOffered } from "../faults.ts";
import { patternsOverlap } from "../globs.ts";
import {
  compareMapping,
  OWN_INDICES,
  OWN_NAMES,
  ownTemplate,
  OWN_SETTINGS,
  ownIndex,
  ownMapping,
  writeAlias,
} from "./own-indices.ts";
import { readOwnIndex } from "./read-own-index.ts";

type Put = (
  step: Omit<SetupStep, "preview" | "apply">,
  path: string,
  body: Record<string, unknown>,
) => void;

/**
 * Plans the own indices: creates those that are not there, and adds to the others what an earlier release did not have. They are
 * this service's, so no step needs consent. Throws a MemoryFault.
 */
export async function planMemory(
  api: Api,
  plan: Pick<SetupPlan, "notes" | "warnings"> & { put: Put },
  signal: AbortSignal,
  prefix?: string,
): Promise<void> {
  await planTemplate(api, plan, signal, prefix);
  for (const name of OWN_NAMES) {
    const index = ownIndex(name, prefix);
    const { keeps, properties } = OWN_INDICES[name];
    const alias = writeAlias(index);
    const put = (what: string, description: string, path: string, body: Record<string, unknown>) =>
      plan.put({ id: `${what} ${index}`, description, index, needsConsent: false }, path, body);
    const found = await readOwnIndex(api, index, signal);
    if (!found) {
      const settings = { index: OWN_SETTINGS };
      const body = { settings, mappings: ownMapping(name), aliases: { [alias]: {} } };
      put("index", `create index ${index}, which keeps ${keeps}`, `/${index}`, body);
      continue;
    }
    const { missing, wrong } = compareMapping(found.properties, properties);
    if (wrong.length > 0) {
      plan.warnings.push(
        `index ${index} has other types in ${wrong.join(", ")} and cannot be used: reindex it into another name, delete it, and run init --memory again`,
      );
      continue;
    }
    const lacksAlias = !found.aliases.includes(alias);
    if (missing.length > 0) {
      const { _meta, properties: added } = ownMapping(name);
      const description = `add ${missing.join(", ")} to the mapping of index ${index}`;
      put("mapping", description, `/${index}/_mapping`, { _meta, properties: added });
    }
    if (lacksAlias) {
      put("alias", `name index ${index} ${alias} too, for writes`, `/${index}/_alias/${alias}`, {});
    }
    if (missing.length === 0 && !lacksAlias) plan.notes.push(`index ${index} is there already`);
  }
}

const templatesShape = z.object({
  index_templates: z
    .array(
      z.object({
        name: z.string(),
        index_template: z.object({
          index_patterns: z.array(z.string()),
          priority: z.number().default(0),
        }),
      }),
    )
    .default([]),
});
const legacyShape = z.record(z.string(), z.object({ index_patterns: z.array(z.string()) }));

/**
 * Templates of others, such as one for `log-*`, would make an own index a data stream or give it their fields and aliases: where
 * some cover the names, one of ours goes before them. It has nothing in it.
 */
async function planTemplate(
  api: Api,
  plan: { put: Put },
  signal: AbortSignal,
  prefix: string | undefined,
): Promise<void> {
  const indices = OWN_NAMES.map((name) => ownIndex(name, prefix));
  const covers = (patterns: readonly string[]) =>
    indices.some((index) => patterns.some((pattern) => patternsOverlap(pattern, index)));
  const read = <T>(path: string, shape: z.ZodType<T>) =>
    api.send({ method: "GET", path }, shape, signal);
  const all = await Promise.all([
    read("/_index_template", templatesShape),
    read("/_template", legacyShape),
  ]).catch((error: unknown) => {
    if (!isNotOffered(error)) throw error;
    return undefined;
  });
  if (!all) return;
  const [composable, legacy] = all;
  const own = ownTemplate(prefix);
  const others = composable.index_templates.filter(
    ({ name, index_template: { index_patterns: theirs } }) => name !== own && covers(theirs),
  );
  const isLegacy = Object.values(legacy).some(({ index_patterns: theirs }) => covers(theirs));
  if (others.length === 0 && !isLegacy) return;
  const priorities = others.map(({ index_template: { priority } }) => priority);
  const highest = Math.max(-1, ...priorities);
  const ours = composable.index_templates.find(({ name }) => name === own);
  if (ours && ours.index_template.priority > highest) return;
  const names = others.map(({ name }) => name).join(", ") || "legacy templates";
  const description = `create index template ${own}, so that ${names} give nothing to the own indices`;
  const body = { index_patterns: indices, priority: highest + 1, template: {} };
  plan.put(
    { id: `template ${own}`, description, needsConsent: false },
    `/_index_template/${own}`,
    body,
  );
}
