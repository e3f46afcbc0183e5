import type { Partition } from "./log-source.ts";

export type PartitionLag = Partition & {
  /** The offset of the next message. */
  end: number;
  /** null where the group has committed none. */
  committed: number | null;
  /** Messages that the group has not settled. */
  lag: number;
};

/** Queries and creates topics. Every method throws a Fault. */
export type Topics = {
  /** Number of partitions per topic; a missing topic is left out. */
  describe(names: readonly string[], signal: AbortSignal): Promise<Map<string, number>>;
  /** With the broker's default number of replicas. */
  create(name: string, partitions: number, signal: AbortSignal): Promise<void>;
  lag(
    what: { group: string; topics: readonly string[]; from: "earliest" | "latest" },
    signal: AbortSignal,
  ): Promise<PartitionLag[]>;
  close(): Promise<void>;
};
