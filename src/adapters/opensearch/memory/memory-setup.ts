import type { SetupPlan, SetupStep } from "../../../ports/schema-admin.ts";
import type { Api } from "../api.ts";
import {
  compareMapping,
  OWN_INDICES,
  OWN_NAMES,
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
