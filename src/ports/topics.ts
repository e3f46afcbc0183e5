import type { Partition } from "./log-source.ts";

export type PartitionLag = Partition & {
  /** The offset that the next message of the partition will get. */
  end: number;
  /** null where the group has committed none. */
  committed: number | null;
  /** Messages that the group has not finished. */
  lag: number;
};

/** Asks the broker about topics and groups. Every method throws a Fault. */
export type Topics = {
  /** Partitions per topic; a topic that is not there is left out. */
  describe(names: readonly string[], signal: AbortSignal): Promise<Map<string, number>>;
  /** Replicas as the broker's default says. */
  create(name: string, partitions: number, signal: AbortSignal): Promise<void>;
  lag(
    what: { group: string; topics: readonly string[]; from: "earliest" | "latest" },
    signal: AbortSignal,
  ): Promise<PartitionLag[]>;
  close(): Promise<void>;
};
