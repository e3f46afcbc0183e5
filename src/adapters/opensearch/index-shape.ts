import type { FoundField } from "./fields.ts";

export type Query = Record<string, unknown>;

export type IdField = {
  name: string;
  /** The path of the value in a document. */
  source: string;
  /** The range that a numeric field can hold. */
  range?: { least: number; most: number };
};

/** How to query one fit index. */
export type IndexShape = {
  index: string;
  uuid?: string;
  createdAt: number;
  knn: boolean;
  mapped: boolean;
  /** The vector is mapped, though its stamp may not be. */
  vectorMapped: boolean;
  /** `bare`: marks do not say what they rest on, because the index has no mapping for it. */
  marks: "whole" | "bare";
  /** False: stamps are not signed, because the index has no mapping for signatures. */
  seals: boolean;
  /** False: stamps name no group, because the index has no mapping for it by which records can be counted. */
  groups: boolean;
  /** False: the mapping of the stamp's text hash does not allow grouping. */
  hashIsKeyword: boolean;
  /** `each`: vectors are compared one by one, because there is no graph that takes filters. */
  comparedBy: "graph" | "each";
  /** The field for exact matches of the model's name. */
  modelField: string;
  /** The distance function of the graph. */
  space: string;
  /** Matches the wanted levels. */
  level: Query;
  levelFields: string[];
  levels: FoundField[];
  services: FoundField[];
  /** The field of the project, where a setting names one that this index has. */
  projects: FoundField[];
  /** Fields by which records are counted by host and by version, in their order: the first that a document has counts. */
  hosts: string[];
  versions: string[];
  /** Fields of the text; the first that is not blank in a document counts. */
  messageFields: string[];
  /** The same as they are mapped. */
  texts: FoundField[];
  /** Fields with the log's own id, beside `_id`. */
  idFields: IdField[];
  /** Absent where there is no sortable date. */
  timestampField?: string;
  aliasFilters?: Query[];
  /** Most hits of a search: `index.max_result_window` where it is below the default. */
  maxHits?: number;
  /** The index has a default search pipeline, which this service's searches bypass. */
  hasPipeline?: true;
  /** Indices whose names do not fit into one URL are searched in several parts. */
  part?: number;
};

/** How to count the wanted records of an index, fit or unfit. */
export type CountableShape = Pick<
  IndexShape,
  "index" | "level" | "timestampField" | "aliasFilters" | "hasPipeline"
> & {
  /** Records have a time that cannot be filtered by. */
  agesUnknown?: true;
};

/** The most hits that a search over these indices may ask for. */
export function hitsAtMost(group: readonly IndexShape[], wanted: number): number {
  return Math.min(wanted, ...group.map(({ maxHits }) => maxHits ?? wanted));
}

/** Only a search shows which documents the aliases' filters let through. */
export function isFiltered({ aliasFilters = [] }: IndexShape): boolean {
  return aliasFilters.length > 0;
}

export function groupById(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [shape.idFields, ...common(shape)]);
}

/** Groups of indices that are equal in everything but their name. */
export function groupByShape(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [
    shape.level,
    shape.levelFields,
    shape.messageFields,
    shape.modelField,
    shape.marks,
    shape.timestampField,
    ...common(shape),
  ]);
}

export function groupByVector(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [
    shape.comparedBy,
    shape.modelField,
    shape.hashIsKeyword,
    shape.levels,
    shape.services,
    shape.space,
    shape.texts,
    shape.timestampField,
    ...common(shape),
  ]);
}

/** Groups for searches by words, whose fields are the same. */
export function groupByWords(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [
    shape.texts,
    shape.level,
    shape.levelFields,
    shape.levels,
    shape.services,
    shape.timestampField,
    ...common(shape),
  ]);
}

/** Groups for counts of all records in a time. */
export function groupByTraits(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [
    shape.level,
    shape.levels,
    shape.services,
    shape.projects,
    shape.timestampField,
    ...common(shape),
  ]);
}

/** Groups for counts by host and version. */
export function groupByNames(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [
    shape.hosts,
    shape.versions,
    shape.timestampField,
    ...common(shape),
  ]);
}

/** Groups for searches that use only this service's own fields. */
export function groupByPart(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, ({ part }) => part);
}

function common({ aliasFilters, maxHits, part }: IndexShape): unknown[] {
  return [aliasFilters, maxHits, part];
}

function groupBy(shapes: readonly IndexShape[], trait: (shape: IndexShape) => unknown) {
  const groups = new Map<string, IndexShape[]>();
  for (const shape of shapes) {
    const key = JSON.stringify(trait(shape));
    const group = groups.get(key);
    if (group) group.push(shape);
    else groups.set(key, [shape]);
  }
  return [...groups.values()];
}
