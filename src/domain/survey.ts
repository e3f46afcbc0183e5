/** A concrete index that can be searched and given vectors. */
export type FitIndex = {
  index: string;
  /** Differs for a later index of the same name; absent where the store has none. */
  uuid?: string;
  /** Hash of its mapping and settings; absent where the store has none. */
  traits?: string;
  /** Another program mapped its vector: only a write shows whether it takes one of ours. */
  foreign?: true;
  /** False: vector and stamp have no mapping yet; prepare() adds it. */
  mapped: boolean;
  /** By graph, or exactly where `index.knn` was not set at creation. */
  search: "graph" | "exact";
  /** Fields of text, level and time in order of precedence. */
  fields?: { message: readonly string[]; level: readonly string[]; time?: string };
  /** Most hits of a search: `index.max_result_window` where it is below the default. */
  maxHits?: number;
  /** Marks do not say what they rest on until prepare() adds a mapping. */
  marks?: "bare";
  /** Stamps and marks are unsigned until there is a mapping. */
  unsigned?: true;
  /** Why its vectors cannot be searched at all. */
  unsearchable?: string;
};

/** A concrete index that gets no vectors, and why. */
export type UnfitIndex = {
  index: string;
  reason: string;
  /** A command or setting that fixes it, where there is one. */
  fix?: string;
  /** Of its vector mapping, where that does not match the embedder. */
  dimensions?: number;
  /** The index is closed, hidden or blocked on purpose, or holds no logs: shown, but not alerted. */
  intentional?: true;
};

/** The indices behind the pattern. */
export type Survey = { fit: FitIndex[]; unfit: UnfitIndex[] };
