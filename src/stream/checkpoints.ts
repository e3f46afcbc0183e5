import type { Partition, Position } from "../ports/log-source.ts";

/** A message in progress; it is settled once each of its parts is. */
export type MessageHandle = { settlePart(): void };

/**
 * Per partition the contiguous settled head: every message before the checkpoint is settled, in whatever order they
 * were. Holds one entry per unsettled message.
 */
export type Checkpoints = {
  /** Takes over the current assignment and forgets revoked partitions. */
  assign(partitions: readonly Partition[]): void;
  /**
   * Tracks a message of `parts` parts; with none it is settled at once. Undefined for a duplicate. An offset below all
   * known ones means that the topic was recreated or the group was reset: the partition starts afresh.
   */
  track(message: Position, parts: number): MessageHandle | undefined;
  /** True for a message that was tracked already. */
  isDuplicate(message: Position): boolean;
  /** Checkpoints that moved since they were last committed. */
  uncommitted(): Position[];
  committed(positions: readonly Position[]): void;
};

type Head = {
  readonly partition: Partition;
  first?: number;
  /** Offset after the last tracked message; undefined before the first. */
  next?: number;
  committed?: number;
  /** Unsettled parts by offset, ascending. */
  readonly open: Map<number, number>;
};

export function createCheckpoints(): Checkpoints {
  let heads = new Map<string, Head>();
  const headOf = ({ topic, partition }: Partition): Head => {
    const key = keyOf(topic, partition);
    const known = heads.get(key);
    if (known) return known;
    const head: Head = { partition: { topic, partition }, open: new Map() };
    heads.set(key, head);
    return head;
  };
  return {
    assign(partitions) {
      heads = new Map(
        partitions.map((one) => [keyOf(one.topic, one.partition), headOf(one)] as const),
      );
    },
    isDuplicate: (message) => isDuplicate(headOf(message), message),
    track(message, parts) {
      if (isDuplicate(headOf(message), message)) return undefined;
      const { topic, partition, offset } = message;
      if (offset < (headOf(message).next ?? 0)) heads.delete(keyOf(topic, partition));
      const head = headOf(message);
      head.first ??= offset;
      head.next = offset + 1;
      if (parts > 0) head.open.set(offset, parts);
      return {
        settlePart() {
          const left = (head.open.get(offset) ?? 0) - 1;
          if (left > 0) head.open.set(offset, left);
          else head.open.delete(offset);
        },
      };
    },
    uncommitted() {
      const positions: Position[] = [];
      for (const head of heads.values()) {
        const offset = positionOf(head);
        if (offset !== undefined && offset > (head.committed ?? -1)) {
          positions.push({ ...head.partition, offset });
        }
      }
      return positions;
    },
    committed(positions) {
      for (const position of positions) {
        const head = heads.get(keyOf(position.topic, position.partition));
        if (head) head.committed = Math.max(head.committed ?? 0, position.offset);
      }
    },
  };
}

/** The broker delivers no committed offset again: one below the checkpoint is a new message of a recreated topic. */
function isDuplicate({ next = 0, committed, first = 0 }: Head, { offset }: Position): boolean {
  return offset < next && offset >= (committed ?? first);
}

function positionOf({ next, open }: Head): number | undefined {
  const [first] = open.keys();
  return first ?? next;
}

/** A topic name contains no slash. */
function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
