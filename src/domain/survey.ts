/** A concrete index that can be searched and written. */
export type FitIndex = {
  index: string;
  /** Which another index of the same name does not share; absent where the store does not tell it. */
  uuid?: string;
  /** Changes with what it is mapped and set like; absent where the store does not tell it. */
  traits?: string;
  /** Somebody else has mapped its vector, otherwise than we would: only a write shows whether it takes ours. */
  foreign?: true;
  /** False where the vector and its stamp have no mapping yet; prepare() adds it before the first write. */
  mapped: boolean;
  /** How its vectors can be searched: by graph, or only exactly because `index.knn` was not set at its creation. */
  search: "graph" | "exact";
  /** Where a record's text, level and time stand, the first that counts first. */
  fields?: { message: readonly string[]; level: readonly string[]; time?: string };
  /** A search brings no more at once: `index.max_result_window` where it is below the default. */
  maxHits?: number;
  /** Its marks do not say what they rest on, until prepare() has added a mapping for that. */
  marks?: "bare";
  /** Its stamps and marks are not signed, until there is a mapping for that. */
  unsigned?: true;
  /** Why its vectors cannot be searched at all. */
  unsearchable?: string;
};

/** A concrete index that is left alone, and why. */
export type UnfitIndex = {
  index: string;
  reason: string;
  /** A command or a setting that mends it, where there is one. */
  fix?: string;
  /** Of its vectors, where it is left alone because the embedder makes vectors of others. */
  dimensions?: number;
  /** Somebody made it so, or it holds no logs: it is shown, and nobody is told. */
  intentional?: true;
};

/** What preflight found behind the index pattern. */
export type Survey = { fit: FitIndex[]; unfit: UnfitIndex[] };
