/** An index that can be searched and given vectors. */
export type FitIndex = {
  index: string;
  /** Differs for a later index of the same name; absent where the store has none. */
  uuid?: string;
  /** Differs once its schema or settings change; absent where the store has none. */
  traits?: string;
  /** Another program made its place for vectors: only a write shows whether it takes one of ours. */
  foreign?: true;
  /** False: there is no place for vector and stamp yet (a mapping, a column); `prepare` makes it. */
  mapped: boolean;
  /** By graph, or each vector exactly. */
  search: "graph" | "exact";
  /** Fields of text, level and time in order of precedence. */
  fields?: { message: readonly string[]; level: readonly string[]; time?: string };
  /** Most hits of a search, where that is below the default. */
  maxHits?: number;
  /** Marks do not say what they rest on until `prepare` makes the place for it. */
  marks?: "bare";
  /** Stamps and marks are unsigned until there is a place for it. */
  unsigned?: true;
  /** Why its vectors cannot be searched at all. */
  unsearchable?: string;
};

/** An index that gets no vectors, and why. */
export type UnfitIndex = {
  index: string;
  reason: string;
  /** A command or setting that fixes it, where there is one. */
  fix?: string;
  /** Of its vectors, where they do not match the embedder. */
  dimensions?: number;
  /** The index is closed, hidden or blocked on purpose, or holds no logs: shown, but not alerted. */
  intentional?: true;
};

/** The indices that the settings name. */
export type Survey = { fit: FitIndex[]; unfit: UnfitIndex[] };
