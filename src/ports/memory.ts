type MemoryUse = {
  /** What this process holds of the machine's memory. */
  usedBytes: number;
  /** What it may hold: the limit of its container or unit, or where there is none all that the machine has. */
  limitBytes: number;
};

export type Memory = {
  now(): MemoryUse;
  /** What may be given to objects that live together: the limit, or that of the JavaScript heap where that is less. */
  heapBytes(): number;
};
