import type { CommitOptionsPartition, GroupAssignment } from "@platformatic/kafka";
import type { Partition, Position } from "../../ports/log-source.ts";

type Entry = {
  partition: Partition;
  /** The offset that was committed in this assignment. */
  committed: number;
  /** The leader epoch of the newest message, and the first offset with that epoch. */
  epoch: number;
  epochSince: number;
};

/** The assigned partitions of a member and their committed offsets. */
export type Checkpoints = {
  readonly held: readonly Partition[];
  /** Replaces the assignment. */
  assign(assignments: readonly GroupAssignment[]): void;
  /** Records the leader epoch of a message that was returned. */
  received(message: Position, leaderEpoch: number): void;
  /** The offsets to commit: of assigned partitions, and ahead of what is committed. */
  toCommit(positions: readonly Position[]): CommitOptionsPartition[];
  committed(offsets: readonly CommitOptionsPartition[]): void;
};

const UNKNOWN_EPOCH = -1;

export function createCheckpoints(): Checkpoints {
  let entries = new Map<string, Entry>();
  let held: readonly Partition[] = [];
  const entryOf = ({ topic, partition }: Partition) => entries.get(`${topic}:${partition}`);

  return {
    get held() {
      return held;
    },
    assign(assignments) {
      held = assignments.flatMap(({ topic, partitions }) =>
        partitions.toSorted((a, b) => a - b).map((partition) => ({ topic, partition })),
      );
      entries = new Map(
        held.map((partition) => [
          `${partition.topic}:${partition.partition}`,
          { partition, committed: -1, epoch: UNKNOWN_EPOCH, epochSince: Infinity },
        ]),
      );
    },
    received(message, leaderEpoch) {
      const entry = entryOf(message);
      if (!entry || entry.epoch === leaderEpoch) return;
      entry.epoch = leaderEpoch;
      entry.epochSince = message.offset;
    },
    toCommit(positions) {
      const latest = new Map<Entry, number>();
      for (const position of positions) {
        const entry = entryOf(position);
        if (entry && position.offset > (latest.get(entry) ?? entry.committed)) {
          latest.set(entry, position.offset);
        }
      }
      return [...latest].map(([{ partition, epoch, epochSince }, offset]) => ({
        ...partition,
        offset: BigInt(offset),
        // The epoch of the last message before the offset, where it is certain.
        leaderEpoch: offset > epochSince ? epoch : UNKNOWN_EPOCH,
      }));
    },
    committed(offsets) {
      for (const done of offsets) {
        const entry = entryOf(done);
        if (entry) entry.committed = Math.max(entry.committed, Number(done.offset));
      }
    },
  };
}
