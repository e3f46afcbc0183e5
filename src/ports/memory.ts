type MemoryUse = {
  /** Resident memory of this process. */
  usedBytes: number;
  /** The limit of its container or unit, or else the machine's memory. */
  limitBytes: number;
};

export type Memory = {
  now(): MemoryUse;
  /** The limit, or that of the JavaScript heap where it is lower. */
  heapBytes(): number;
};
