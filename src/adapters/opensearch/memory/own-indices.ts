import { includedPatterns, patternsOverlap } from "../globs.ts";

/** What an own index is: of what it keeps, and its fields. */
type OwnIndexPlan = {
  keeps: string;
  properties: Record<string, Property>;
};
export type Property = {
  type?: string;
  index?: boolean;
  doc_values?: boolean;
  enabled?: boolean;
  properties?: Record<string, Property>;
};

export const OWN_NAMES = ["groups", "episodes", "notes"] as const;
export type OwnName = (typeof OWN_NAMES)[number];

/** Before the names of the own indices. */
const PREFIX = "log-vectorizer";

export function ownIndex(name: OwnName, prefix: string = PREFIX): string {
  return `${prefix}-${name}`;
}

/** Goes before the templates of others that cover the own indices. */
export function ownTemplate(prefix: string = PREFIX): string {
  return `${prefix}-memory`;
}

/**
 * Writes go to this alias and require that it is one: a write to the name of an index that is gone would create it, without its
 * mapping.
 */
export function writeAlias(index: string): string {
  return `${index}-write`;
}

const OWN = new Set(OWN_NAMES.map((name) => ownIndex(name)));

/** Whether it is an index of this service, which holds no logs whatever the pattern of the settings matches. */
export function isOwnIndex(index: string): boolean {
  return OWN.has(index);
}

/** The pattern as a search names it, without the own indices where a wildcard would match them. */
export function withoutOwnIndices(pattern: string): string {
  const wild = includedPatterns(pattern).filter((part) => part.includes("*"));
  const matched = [...OWN].filter((own) => wild.some((part) => patternsOverlap(part, own)));
  return [pattern, ...matched.map((own) => `-${own}`)].join();
}

const keyword = { type: "keyword" };
/** Kept and shown, and never searched: of any length. */
const shown = { type: "keyword", index: false, doc_values: false };
const date = { type: "date" };
const rule = { properties: { id: keyword, by: shown, at: date } };
const unindexed = { type: "object", enabled: false };

export const OWN_INDICES: Readonly<Record<OwnName, OwnIndexPlan>> = {
  groups: {
    keeps: "the groups of equal errors",
    properties: {
      group: keyword,
      template: shown,
      service: keyword,
      exception: keyword,
      example: unindexed,
      first_seen: date,
      last_seen: date,
      state: keyword,
      state_at: date,
      state_by: shown,
      muted_until: date,
      merged_into: rule,
      not_like: rule,
      // Groups are few: their vectors are read, never searched, so that no k-NN plugin is needed.
      vector: { type: "binary" },
      // Where it points, in 88 characters: those of all groups are read at once, and the vectors of the nearest ones only.
      vector_sketch: { type: "keyword", index: false },
      vector_of: {
        properties: { model: keyword, dimensions: { type: "integer" }, texts: { type: "long" } },
      },
    },
  },
  episodes: {
    keeps: "the episodes of groups, and what was told of them",
    properties: {
      kind: keyword,
      episode: keyword,
      group: keyword,
      from: date,
      to: date,
      count: { type: "long" },
      ended: { type: "boolean" },
      rose_with: unindexed,
      hosts: keyword,
      versions: keyword,
      told: keyword,
      claim: keyword,
      key: shown,
      token: shown,
      expires: date,
    },
  },
  notes: {
    keeps: "the notes that people wrote",
    properties: {
      kind: keyword,
      note: keyword,
      group: keyword,
      episode: keyword,
      cause: { type: "text" },
      fix: { type: "text" },
      link: shown,
      author: keyword,
      at: date,
      verdict: keyword,
      verdict_id: keyword,
      by: keyword,
    },
  },
};

/** Raised with each change of the mappings, so that `init` adds what an index of an earlier release lacks. */
const MAPPING_VERSION = 2;

export function ownMapping(name: OwnName) {
  return {
    // What a later release writes is kept, though not yet found by queries.
    dynamic: false,
    _meta: { log_vectorizer: { version: MAPPING_VERSION } },
    properties: OWN_INDICES[name].properties,
  };
}

/** Few documents: one shard, and a replica only where a second node is there. Nobody's pipeline changes what is written. */
export const OWN_SETTINGS = {
  number_of_shards: 1,
  auto_expand_replicas: "0-1",
  default_pipeline: "_none",
  final_pipeline: "_none",
};

/** Fields that the mapping lacks, and fields that it has with another type; by their dotted names. */
export function compareMapping(
  found: Readonly<Record<string, Property>>,
  wanted: Readonly<Record<string, Property>>,
  path = "",
): { missing: string[]; wrong: string[] } {
  const all = { missing: [] as string[], wrong: [] as string[] };
  for (const [name, property] of Object.entries(wanted)) {
    const own = Object.hasOwn(found, name) ? found[name] : undefined;
    const place = `${path}${name}`;
    if (!own) all.missing.push(place);
    else if ((own.type ?? "object") !== (property.type ?? "object")) all.wrong.push(place);
    else if (property.properties) {
      const inner = compareMapping(own.properties ?? {}, property.properties, `${place}.`);
      all.missing.push(...inner.missing);
      all.wrong.push(...inner.wrong);
    }
  }
  return all;
}
