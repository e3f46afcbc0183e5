import { SERVICE_FIELDS } from "../../domain/document.ts";
import type { FitIndex, UnfitIndex } from "../../domain/survey.ts";
import { exactSubField, findField } from "./fields.ts";
import type { FieldMapping, FoundField, Properties } from "./fields.ts";
import type { CountableShape, IdField, IndexShape, Query } from "./index-shape.ts";
import {
  findLevelQuery,
  findLogFields,
  type FieldNames,
  type LogFields,
  type Objection,
} from "./log-fields.ts";
import { hostFields, versionFields } from "./name-fields.ts";
import {
  basisIsMapped,
  sealIsMapped,
  hasGraph,
  isMapped,
  isNmslib,
  spaceOf,
  stampObjection,
  strictObjection,
  vectorObjection,
} from "./vector-fitness.ts";

/** What a survey reads about one concrete index. */
export type IndexFacts = {
  index: string;
  uuid?: string;
  closed: boolean;
  /** Hidden, not named in the pattern, and no backing index of a data stream. */
  hidden: boolean;
  /** The filters of its aliases, where only filtered aliases lead to it. */
  aliasFilters?: Query[];
  createdAt: number;
  knn: boolean;
  blocks: Record<string, boolean>;
  remoteSnapshot: boolean;
  sourceSettings: { enabled?: boolean; includes?: string[]; excludes?: string[] };
  properties: Properties;
  derived?: Properties;
  /** `index.derived_source.enabled`: `_source` is rebuilt from the indexed fields. */
  derivedSource?: boolean;
  /** `index.write` and `index.number_of_replicas`: how many copies a write waits for. */
  write?: Record<string, unknown>;
  replicas?: string;
  /** `index.max_result_window` */
  maxHits?: number;
  /** `index.search.default_pipeline` */
  pipeline?: string;
};

export type Wanted = FieldNames & {
  levels: readonly string[];
  /** Unset: the first that exists of `service.name`, `service` and `app`. */
  serviceField?: string;
  /** Unset: no record is of a project. */
  projectField?: string;
  /** Unset: the usual ones, `HOST_FIELDS` and `VERSION_FIELDS`. */
  hostFields?: readonly string[];
  versionFields?: readonly string[];
  /** The field with the log's own id. */
  idField: string;
  vectorField: string;
  metaField: string;
  dimensions: number;
  /** The only number that the model makes; absent: not known. */
  ownDimensions?: number;
  mapping: "auto" | "strict";
};

export type Assessment =
  | { fit: FitIndex; shape: IndexShape }
  | { unfit: UnfitIndex; countable?: CountableShape };

/** OpenSearch's default of `index.max_result_window`. */
const DEFAULT_MAX_HITS = 10_000;

/** Decides whether an index can be searched and given vectors without harm. Reports every objection at once. */
export function assessIndex(facts: IndexFacts, wanted: Wanted): Assessment {
  const { index } = facts;
  const state = stateObjection(facts);
  if (state) return unfit(facts, wanted, state);
  const fields = findLogFields(facts, wanted);
  const objections = [
    sourceObjection(facts),
    ...(Array.isArray(fields) ? fields : []),
    vectorObjection(facts, wanted),
    stampObjection(facts, wanted),
  ].filter((one) => one !== undefined);
  if (objections.length > 0 || Array.isArray(fields)) {
    return unfit(facts, wanted, combineObjections(objections));
  }
  const strict = strictObjection(facts, wanted);
  if (strict) return unfit(facts, wanted, strict);
  const shape = shapeOf(facts, wanted, fields);
  const search = hasGraph(facts, wanted) ? "graph" : "exact";
  const { messageFields: message, levelFields: level, timestampField: time, maxHits } = shape;
  const fit: FitIndex = {
    index,
    ...(shape.mapped && shape.marks === "bare" && wanted.mapping === "auto"
      ? { marks: "bare" as const }
      : {}),
    ...(shape.mapped && !shape.seals ? { unsigned: true as const } : {}),
    ...(shape.mapped && !shape.groups ? { ungrouped: true as const } : {}),
    ...(facts.uuid === undefined ? {} : { uuid: facts.uuid }),
    mapped: shape.mapped,
    search,
    fields: { message, level, ...(time === undefined ? {} : { time }) },
    ...(maxHits === undefined ? {} : { max_hits: maxHits }),
  };
  return { fit, shape };
}

/** Records of an index that is unfit on purpose are not counted. */
function unfit(facts: IndexFacts, wanted: Wanted, objection: Objection): Assessment {
  const { index, aliasFilters, pipeline = NO_PIPELINE } = facts;
  const found = objection.intentional ? undefined : findLevelQuery(facts, wanted);
  if (!found) return { unfit: { index, ...objection } };
  const countable: CountableShape = {
    index,
    ...found,
    ...(aliasFilters ? { aliasFilters } : {}),
    ...(pipeline === NO_PIPELINE ? {} : { hasPipeline: true as const }),
  };
  return { unfit: { index, ...objection }, countable };
}

/** All objections in one, so that one run shows everything that needs fixing. */
function combineObjections(objections: readonly Objection[]): Objection {
  const [first = { reason: "" }] = objections;
  if (objections.length === 1) return first;
  const fixes = [...new Set(objections.flatMap(({ fix }) => fix ?? []))];
  const dimensions = objections.find((one) => one.dimensions !== undefined)?.dimensions;
  return {
    reason: objections.map(({ reason }) => reason).join("; "),
    ...(fixes.length > 0 ? { fix: fixes.join("; ") } : {}),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(first.intentional ? { intentional: true as const } : {}),
  };
}

function stateObjection(facts: IndexFacts): Objection | undefined {
  const { index, closed, hidden, blocks, remoteSnapshot } = facts;
  const path = encodeURIComponent(index);
  const byIntent = { intentional: true } as const;
  if (closed) return { reason: "closed", fix: `POST /${path}/_open`, ...byIntent };
  if (hidden) {
    return { reason: "hidden; name it in OPENSEARCH_INDEX_PATTERN to include it", ...byIntent };
  }
  if (remoteSnapshot) return { reason: "a searchable snapshot cannot be written", ...byIntent };
  const fix = (block: string, off: boolean | null) =>
    `PUT /${path}/_settings {"index.blocks.${block}": ${off}}`;
  const byHand = ["read_only", "write", "read", "metadata"].find((block) => blocks[block]);
  if (byHand) {
    return { reason: `blocked: index.blocks.${byHand}`, fix: fix(byHand, false), ...byIntent };
  }
  const flood = "read_only_allow_delete";
  if (!blocks[flood]) return undefined;
  return {
    reason: `blocked: index.blocks.${flood} (flood stage: the disk is nearly full)`,
    fix: fix(flood, null),
  };
}

/**
 * A partial update rebuilds the document from `_source`: fields that `_source` leaves out would lose their index terms.
 */
function sourceObjection({ sourceSettings }: IndexFacts): Objection | undefined {
  const { enabled, includes = [], excludes = [] } = sourceSettings;
  if (enabled === false) return { reason: "_source is disabled, so no document can be updated" };
  const kept = [...includes.map((f) => `includes ${f}`), ...excludes.map((f) => `excludes ${f}`)];
  if (kept.length === 0) return undefined;
  return {
    reason: `_source ${kept.slice(0, 3).join(", ")}, and an update would lose the fields that are left out`,
    fix: "reindex into an index whose _source is whole",
  };
}

function shapeOf(facts: IndexFacts, wanted: Wanted, fields: LogFields): IndexShape {
  const vector = facts.properties[wanted.vectorField];
  const stamp = facts.properties[wanted.metaField]?.properties ?? {};
  const { levels, level, messages, timestamp } = fields;
  const { maxHits = DEFAULT_MAX_HITS, pipeline = NO_PIPELINE } = facts;
  return {
    index: facts.index,
    ...(facts.uuid === undefined ? {} : { uuid: facts.uuid }),
    createdAt: facts.createdAt,
    knn: facts.knn,
    mapped: isMapped(facts, wanted),
    vectorMapped: vector !== undefined,
    hashIsKeyword: stamp["text_hash"] === undefined || isKeyword(stamp["text_hash"]),
    marks: basisIsMapped(facts, wanted) ? "whole" : "bare",
    seals: sealIsMapped(facts, wanted),
    groups: isKeyword(stamp["group"]),
    level,
    levelFields: levels.map((field) => field.name),
    levels,
    services: fieldsNamed(facts, wanted.serviceField ? [wanted.serviceField] : SERVICE_FIELDS),
    projects: fieldsNamed(facts, wanted.projectField ? [wanted.projectField] : []),
    hosts: hostFields(facts.properties, wanted.hostFields),
    versions: versionFields(facts.properties, wanted.versionFields),
    comparedBy: hasGraph(facts, wanted) && !isNmslib(vector) ? "graph" : "each",
    space: spaceOf(vector),
    modelField: exactName(`${wanted.metaField}.model`, stamp["model"]),
    messageFields: messages.map((field) => field.name),
    texts: messages,
    idFields: idFields(findField(facts.properties, wanted.idField)),
    ...(timestamp ? { timestampField: timestamp.name } : {}),
    ...(facts.aliasFilters ? { aliasFilters: facts.aliasFilters } : {}),
    ...(maxHits < DEFAULT_MAX_HITS ? { maxHits } : {}),
    ...(pipeline === NO_PIPELINE ? {} : { hasPipeline: true as const }),
  };
}

const NO_PIPELINE = "_none";

function fieldsNamed({ properties }: IndexFacts, names: readonly string[]): FoundField[] {
  return names
    .map((name) => findField(properties, name))
    .filter((field): field is FoundField => field !== undefined && field.type !== "object");
}

/** The name by which exact values of a field are searched. */
function exactName(name: string, field: FieldMapping | undefined): string {
  if (!field) return name;
  const sub = exactSubField({ name, type: field.type ?? "object", mapping: field });
  return sub === undefined ? name : `${name}.${sub}`;
}

/** With index and doc values, so that records can be found and counted by it. */
function isKeyword(field: FieldMapping | undefined): boolean {
  const on = (option: unknown) => option !== false && option !== "false";
  return field?.type === "keyword" && on(field.index) && on(field.doc_values);
}

/** For 64 bits only what 18 digits hold; longer ids are not treated as numbers. */
const RANGES: Record<string, NonNullable<IdField["range"]>> = {
  byte: { least: -(2 ** 7), most: 2 ** 7 - 1 },
  short: { least: -(2 ** 15), most: 2 ** 15 - 1 },
  integer: { least: -(2 ** 31), most: 2 ** 31 - 1 },
  long: { least: -1e18, most: 1e18 },
  unsigned_long: { least: 0, most: 1e18 },
};
const EXACT = new Set(["keyword", "constant_keyword", "wildcard"]);

/** The fields by which an exact id is searched; none where only the words of a text are indexed. */
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
