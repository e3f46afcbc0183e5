/** A clause of the query DSL. */
export type Query = Record<string, unknown>;

/** How to ask one fit index for its records. */
export type IndexShape = {
  index: string;
  createdAt: number;
  knn: boolean;
  mapped: boolean;
  /** True where the vector itself has its mapping, though the stamp may not. */
  vectorMapped: boolean;
  level: Query;
  levelFields: string[];
  messageField: string;
  /** Absent where the index has no date to sort by. */
  timestampField?: string;
  aliasFilters?: Query[];
};
