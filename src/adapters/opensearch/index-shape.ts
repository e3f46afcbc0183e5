import type { FoundField } from "./fields.ts";

/** A clause of the query DSL. */
export type Query = Record<string, unknown>;

/** A field whose exact value can be searched for. */
export type IdField = {
  name: string;
  /** Where the value stands in a document. */
  source: string;
  /** What a number's field can be asked for. */
  range?: { least: number; most: number };
};

/** How to ask one fit index for its records. */
export type IndexShape = {
  index: string;
  uuid?: string;
  createdAt: number;
  knn: boolean;
  mapped: boolean;
  /** True where the vector itself has its mapping, though the stamp may not. */
  vectorMapped: boolean;
  /** What a mark says: `bare` ones not what they rest on, for want of a mapping for it. */
  marks: "whole" | "bare";
  /** False where stamps are written without what proves who wrote them, for want of a mapping for it. */
  seals: boolean;
  /** False where the stamp's text hash has a mapping by which it cannot be grouped. */
  hashIsKeyword: boolean;
  /** `each`: by comparing with one vector after the other, for want of a graph that takes filters. */
  comparedBy: "graph" | "each";
  /** Where the whole name of a vector's model can be asked for. */
  modelField: string;
  /** Distance by which its vectors are compared in the graph. */
  space: string;
  /** Finds the wanted levels. */
  level: Query;
  levelFields: string[];
  levels: FoundField[];
  services: FoundField[];
  /** Where the text stands; the first that is not blank in a document. */
  messageFields: string[];
  /** Where a log's own id stands, beside the document's id. */
  idFields: IdField[];
  /** Absent where the index has no date to sort by. */
  timestampField?: string;
  aliasFilters?: Query[];
  /** No search may ask for more hits: `index.max_result_window` where it is below the default. */
  maxHits?: number;
  /** The index puts searches through a pipeline of its own, which ours must not go through. */
  hasPipeline?: true;
  /** Indices of another part are searched apart, because their names do not fit into one URL. */
  part?: number;
};

/** How to count the wanted records of an index, fit or not. */
export type CountableShape = Pick<
  IndexShape,
  "index" | "level" | "timestampField" | "aliasFilters" | "hasPipeline"
> & {
  /** There is a time by which records cannot be told apart. */
  agesUnknown?: true;
};

/** As many hits as a search over these indices may ask for. */
export function hitsAtMost(group: readonly IndexShape[], wanted: number): number {
  return Math.min(wanted, ...group.map(({ maxHits }) => maxHits ?? wanted));
}

/** True where only a search tells which documents the aliases show. */
export function isFiltered({ aliasFilters = [] }: IndexShape): boolean {
  return aliasFilters.length > 0;
}

/** Indices that can share a search by id. */
export function groupById(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [shape.idFields, ...common(shape)]);
}

/** Indices that can share any search: equal in everything but their name. */
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

/** Indices that can share a search by vector. */
export function groupByVector(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, (shape) => [
    shape.comparedBy,
    shape.modelField,
    shape.hashIsKeyword,
    shape.levels,
    shape.services,
    shape.space,
    shape.messageFields,
    shape.timestampField,
    ...common(shape),
  ]);
}

/** Indices that can share a search which looks at our own fields alone. */
export function groupByPart(shapes: readonly IndexShape[]): IndexShape[][] {
  return groupBy(shapes, ({ part }) => part);
}

/** What every search depends on. */
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
