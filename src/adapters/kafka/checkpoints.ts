import type { CommitOptionsPartition, GroupAssignment } from "@platformatic/kafka";
import type { Partition, Position } from "../../ports/log-source.ts";

type Entry = {
  partition: Partition;
  /** The position that the group has kept in this assignment. */
  committed: number;
  /** The leader's epoch of the newest message seen, and the offset of the first one that had it. */
  epoch: number;
  epochSince: number;
};

/** What a member holds, and which positions in that are still to be kept for the group. */
export type Checkpoints = {
  readonly held: readonly Partition[];
  /** Starts over with another assignment. */
  assign(assignments: readonly GroupAssignment[]): void;
  /** A message was handed out. */
  received(message: Position, leaderEpoch: number): void;
  /** The commit that the positions call for: of partitions that are held, and ahead of what is kept. */
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
        // The epoch of the last message before the position, where that is certain.
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
