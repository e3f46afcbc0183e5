import type { IndexFacts, Wanted } from "../../../../src/adapters/opensearch/fitness.ts";
import type { VectorMapping } from "../../../../src/adapters/opensearch/mapping.ts";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";

export const WANTED: Wanted = {
  levels: ["ERROR"],
  idField: "log_id",
  vectorField: "log_vector",
  metaField: "log_vector_meta",
  dimensions: 8,
  mapping: "auto",
};

/** The vector that WANTED asks for, as it is mapped. */
export const VECTOR: VectorMapping = {
  field: "log_vector",
  metaField: "log_vector_meta",
  dimensions: 8,
  engine: "lucene",
  spaceType: "cosinesimil",
};

export const FIELDS = { vectorField: "log_vector", metaField: "log_vector_meta" };

/** An open index of plain logs, not mapped yet. */
export const FACTS: IndexFacts = {
  index: "app_logs",
  closed: false,
  hidden: false,
  createdAt: 7,
  knn: true,
  blocks: {},
  remoteSnapshot: false,
  sourceSettings: {},
  properties: {
    message: { type: "text" },
    level: { type: "keyword" },
    "@timestamp": { type: "date" },
  },
};

export const SHAPE: IndexShape = {
  index: "app_logs",
  createdAt: 7,
  knn: true,
  mapped: true,
  vectorMapped: true,
  hashIsKeyword: true,
  marks: "whole",
  seals: true,
  groups: true,
  level: { term: { level: { value: "ERROR", case_insensitive: true } } },
  levelFields: ["level"],
  levels: [{ name: "level", type: "keyword", mapping: { type: "keyword" } }],
  services: [],
  projects: [],
  hosts: [],
  versions: [],
  comparedBy: "graph",
  space: "cosinesimil",
  modelField: "log_vector_meta.model",
  messageFields: ["message"],
  texts: [{ name: "message", type: "text", mapping: { type: "text" } }],
  idFields: [],
  timestampField: "@timestamp",
};
