import { count } from "../../model/count.ts";
import { isObject, LEVEL_FIELDS, SERVICE_FIELDS, TIMESTAMP_FIELDS } from "../../model/document.ts";
import type { FitIndex, UnfitIndex } from "../../model/survey.ts";
import { findField, type FieldMapping, type FoundField, type Properties } from "./fields.ts";
import type { IdField, IndexShape, Query } from "./index-shape.ts";
import { STAMP_PROPERTIES } from "./mapping.ts";
import { valueQuery } from "./queries.ts";

/** What preflight read about one concrete index. */
export type IndexFacts = {
  index: string;
  closed: boolean;
  /** Hidden and neither named in the pattern nor part of a data stream. */
  hidden: boolean;
  /** Where it was reached only through filtered aliases: their filters. */
  aliasFilters?: Query[];
  createdAt: number;
  knn: boolean;
  blocks: Record<string, boolean>;
  remoteSnapshot: boolean;
  sourceSettings: { enabled?: boolean; includes?: string[]; excludes?: string[] };
  properties: Properties;
};

export type Wanted = {
  levels: readonly string[];
  messageField: string;
  /** Unset: `@timestamp`, else `timestamp`. */
  timestampField?: string;
  /** Unset: every one of `level`, `log.level` and `severity` that is there. */
  levelField?: string;
  /** Unset: the first of `service.name`, `service` and `app` that is there. */
  serviceField?: string;
  /** Where a log's own id stands. */
  idField: string;
  vectorField: string;
  metaField: string;
  dimensions: number;
  mapping: "auto" | "strict";
};

export type Judgement = { fit: FitIndex; shape: IndexShape } | { unfit: UnfitIndex };

type Objection = Omit<UnfitIndex, "index">;

/** Decides whether an index can be searched for records and given vectors without harm. */
export function judge(facts: IndexFacts, wanted: Wanted): Judgement {
  const objection =
    stateObjection(facts) ??
    sourceObjection(facts) ??
    fieldObjection(facts, wanted) ??
    vectorObjection(facts, wanted) ??
    stampObjection(facts, wanted);
  if (objection) return { unfit: { index: facts.index, ...objection } };
  const shape = shapeOf(facts, wanted);
  if ("reason" in shape) return { unfit: { index: facts.index, ...shape } };
  if (!shape.mapped && wanted.mapping === "strict") {
    return {
      unfit: {
        index: facts.index,
        reason: `no mapping for ${wanted.vectorField}, and MAPPING=strict`,
        mend: "log-vectorizer init",
      },
    };
  }
  const search = hasGraph(facts, wanted) ? "graph" : "exact";
  return {
    fit: { index: facts.index, mapped: shape.mapped, search },
    shape,
  };
}

function hasGraph({ knn, properties }: IndexFacts, { vectorField }: Wanted): boolean {
  const vector = properties[vectorField];
  return knn && (vector === undefined || vector.index !== false);
}

function stateObjection(facts: IndexFacts): Objection | undefined {
  const { index, closed, hidden, blocks, remoteSnapshot } = facts;
  const path = encodeURIComponent(index);
  const byIntent = { by_intent: true } as const;
  if (closed) return { reason: "closed", mend: `POST /${path}/_open`, ...byIntent };
  if (hidden) {
    return { reason: "hidden; name it in OPENSEARCH_INDEX_PATTERN to include it", ...byIntent };
  }
  if (remoteSnapshot) return { reason: "a searchable snapshot cannot be written", ...byIntent };
  const mend = (block: string, off: boolean | null) =>
    `PUT /${path}/_settings {"index.blocks.${block}": ${off}}`;
  const byHand = ["read_only", "write", "read", "metadata"].find((block) => blocks[block]);
  if (byHand) {
    return { reason: `blocked: index.blocks.${byHand}`, mend: mend(byHand, false), ...byIntent };
  }
  const flood = "read_only_allow_delete";
  if (!blocks[flood]) return undefined;
  return {
    reason: `blocked: index.blocks.${flood} (flood stage: the disk is nearly full)`,
    mend: mend(flood, null),
  };
}

/** A partial update rebuilds the document from `_source`: what is not in it loses its index terms. */
function sourceObjection({ sourceSettings }: IndexFacts): Objection | undefined {
  const { enabled, includes = [], excludes = [] } = sourceSettings;
  if (enabled === false) return { reason: "_source is disabled, so no document can be updated" };
  const kept = [...includes.map((f) => `includes ${f}`), ...excludes.map((f) => `excludes ${f}`)];
  if (kept.length === 0) return undefined;
  return {
    reason: `_source ${kept.slice(0, 3).join(", ")}, and an update would lose the fields that are left out`,
    mend: "reindex into an index whose _source is whole",
  };
}

function fieldObjection({ properties }: IndexFacts, wanted: Wanted): Objection | undefined {
  const message = findField(properties, wanted.messageField);
  const mend = "set MESSAGE_FIELD";
  if (!message) return { reason: `no field ${wanted.messageField}`, mend, by_intent: true };
  if (message.type === "object" || message.type === "nested") {
    return { reason: `${wanted.messageField} is an object, not a text`, mend };
  }
  if (isUnsearchable(message.mapping)) {
    return { reason: `${wanted.messageField} is not indexed, so records cannot be found by it` };
  }
  return undefined;
}

function isUnsearchable({ type, index, doc_values: docValues }: FieldMapping): boolean {
  const off = (option: unknown) => option === false || option === "false";
  return off(index) && (type === "text" || type === "match_only_text" || off(docValues));
}

function vectorObjection(facts: IndexFacts, wanted: Wanted): Objection | undefined {
  const { vectorField, dimensions } = wanted;
  const vector = facts.properties[vectorField];
  if (!vector) return undefined;
  if (vector.type !== "knn_vector") {
    return {
      reason: `${vectorField} is ${vector.type ?? "an object"}, not knn_vector`,
      mend: reindexing({ index: facts.index }),
    };
  }
  if (vector.model_id) {
    return { reason: `${vectorField} takes its shape from the model ${vector.model_id}` };
  }
  if (vector.dimension === dimensions) return undefined;
  // Copied, a vector of another length would be refused with its document.
  const _source = { excludes: [vectorField, wanted.metaField] };
  return {
    reason: `${vectorField} has ${count(vector.dimension ?? 0, "dimension")}, not ${dimensions}`,
    mend: `set EMBEDDING_DIMENSIONS=${vector.dimension}, or ${reindexing({ index: facts.index, _source })}`,
    ...(vector.dimension === undefined ? {} : { dimensions: vector.dimension }),
  };
}

function reindexing(source: { index: string; _source?: { excludes: string[] } }): string {
  const copy = JSON.stringify({ source, dest: { index: "NEW" } });
  return `reindex into one made after init: POST /_reindex ${copy}`;
}

function stampObjection(facts: IndexFacts, { metaField }: Wanted): Objection | undefined {
  const stamp = facts.properties[metaField];
  if (!stamp || stamp.properties || stamp.type === "object") return undefined;
  return { reason: `${metaField} is ${stamp.type}, not an object`, mend: "set VECTOR_FIELD" };
}

function shapeOf(facts: IndexFacts, wanted: Wanted): IndexShape | Objection {
  const names = wanted.levelField ? [wanted.levelField] : LEVEL_FIELDS;
  const levels = names
    .map((name) => findField(facts.properties, name))
    .filter((field): field is FoundField => field !== undefined && field.type !== "object");
  if (levels.length === 0) {
    const reason = `no level field (looked for ${names.join(", ")})`;
    return { reason, mend: "set LEVEL_FIELD", by_intent: true };
  }
  const level = valueQuery(levels, wanted.levels);
  if (!level) {
    const said = levels.map((field) => `${field.name} is ${field.type}`).join(", ");
    return { reason: `${said}: no such level as ${wanted.levels.join(", ")} can be there` };
  }
  const date = (wanted.timestampField ? [wanted.timestampField] : TIMESTAMP_FIELDS)
    .map((name) => findField(facts.properties, name))
    .find((field) => field?.type === "date" || field?.type === "date_nanos");
  const vector = facts.properties[wanted.vectorField];
  const stamp = facts.properties[wanted.metaField]?.properties ?? {};
  return {
    index: facts.index,
    createdAt: facts.createdAt,
    knn: facts.knn,
    mapped: vector !== undefined && Object.keys(STAMP_PROPERTIES).every((key) => key in stamp),
    vectorMapped: vector !== undefined,
    hashIsKeyword: isGroupable(stamp["text_hash"]),
    level,
    levelFields: levels.map((field) => field.name),
    levels,
    services: serviceFields(facts, wanted),
    comparedBy: hasGraph(facts, wanted) && !isNmslib(vector) ? "graph" : "each",
    modelField: exactName(`${wanted.metaField}.model`, stamp["model"]),
    messageField: findField(facts.properties, wanted.messageField)?.name ?? wanted.messageField,
    idFields: idFields(findField(facts.properties, wanted.idField)),
    ...(date ? { timestampField: date.name } : {}),
    ...(facts.aliasFilters ? { aliasFilters: facts.aliasFilters } : {}),
  };
}

function serviceFields({ properties }: IndexFacts, { serviceField }: Wanted): FoundField[] {
  return (serviceField ? [serviceField] : SERVICE_FIELDS)
    .map((name) => findField(properties, name))
    .filter((field): field is FoundField => field !== undefined && field.type !== "object");
}

/** The one engine whose graph cannot be searched under a filter. */
function isNmslib(vector: FieldMapping | undefined): boolean {
  const { method } = vector ?? {};
  return isObject(method) && method["engine"] === "nmslib";
}

/** Where whole values of a field can be asked for. */
function exactName(name: string, field: FieldMapping | undefined): string {
  const sub = Object.entries(field?.fields ?? {}).find(([, { type }]) => type === "keyword");
  return field?.type === "text" && sub ? `${name}.${sub[0]}` : name;
}

/** A keyword as we map it; a field of no mapping yet will be one. */
function isGroupable(field: FieldMapping | undefined): boolean {
  if (!field) return true;
  const on = (option: unknown) => option !== false && option !== "false";
  return field.type === "keyword" && on(field.index) && on(field.doc_values);
}

/** Of 64 bits, what 18 digits can hold: more than that no id is taken for a number. */
const RANGES: Record<string, NonNullable<IdField["range"]>> = {
  byte: { least: -(2 ** 7), most: 2 ** 7 - 1 },
  short: { least: -(2 ** 15), most: 2 ** 15 - 1 },
  integer: { least: -(2 ** 31), most: 2 ** 31 - 1 },
  long: { least: -1e18, most: 1e18 },
  unsigned_long: { least: 0, most: 1e18 },
};
const EXACT = new Set(["keyword", "constant_keyword", "wildcard"]);

/** Ways to search for the exact value of a field; none where there is no field, or only its words are indexed. */
function idFields(field: FoundField | undefined): IdField[] {
  if (!field) return [];
  const { name: source, type, mapping } = field;
  const range = RANGES[type];
  if (range) return [{ name: source, source, range }];
  if (EXACT.has(type)) return [{ name: source, source }];
  return Object.entries(mapping.fields ?? {})
    .filter(([, sub]) => sub.type === "keyword")
    .map(([name]) => ({ name: `${source}.${name}`, source }));
}
