import { z } from "zod";
import { isTransient } from "../../domain/fault-policy.ts";
import { Fault } from "../../domain/faults.ts";
import type { Api } from "./api.ts";

/**
 * Which kinds of request the cluster allows, by its settings or a first refusal. A forbidden kind is replaced by
 * another until the settings are read again.
 */
export type ClusterFeatures = {
  /** `rest.action.multi.allow_explicit_index`: names of indices in the body of a bulk, _mget or _msearch. */
  explicitIndex: boolean;
  /** `search.allow_expensive_queries`: scripts that compute a score. */
  expensiveQueries: boolean;
  /** Whether this user may read the cluster settings. */
  settingsReadable: boolean;
};

/** The assumption until the settings or a refusal say otherwise. */
export function allFeatures({ areTold: settingsReadable = true } = {}): ClusterFeatures {
  return { explicitIndex: true, expensiveQueries: true, settingsReadable };
}

const flag = z
  .union([z.boolean(), z.string()])
  .transform((value) => String(value) !== "false")
  .optional();
const groupShape = z
  .looseObject({
    rest: z
      .looseObject({
        action: z.looseObject({ multi: z.looseObject({ allow_explicit_index: flag }) }),
      })
      .optional(),
    search: z
      .looseObject({
        allow_expensive_queries: flag,
      })
      .optional(),
  })
  .optional();
const settingsShape = z.object({
  transient: groupShape,
  persistent: groupShape,
  defaults: groupShape,
});

const NAMES = ["rest.action.multi.allow_explicit_index", "search.allow_expensive_queries"];

/** Reads the cluster's and its nodes' settings; where that is not allowed the first refusal shows it. */
export async function detectFeatures(
  api: Api,
  features: ClusterFeatures,
  signal: AbortSignal,
): Promise<void> {
  if (!features.settingsReadable) return;
  const query = {
    include_defaults: true,
    filter_path: NAMES.map((name) => `*.${name}`).join(","),
  };
  const request = { method: "GET", path: "/_cluster/settings", query } as const;
  try {
    const { transient, persistent, defaults } = await api.send(request, settingsShape, signal);
    // Defaults include the settings files of the nodes.
    const groups = [transient, persistent, defaults];
    const first = <T>(read: (group: z.infer<typeof groupShape>) => T | undefined) =>
      groups.map(read).find((value) => value !== undefined);
    features.explicitIndex = first((g) => g?.rest?.action.multi.allow_explicit_index) ?? true;
    features.expensiveQueries = first((g) => g?.search?.allow_expensive_queries) ?? true;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    features.settingsReadable = isTransient(error.kind);
  }
}
