import type { Partition, Position } from "../ports/log-source.ts";

/** A message that is being worked on; it is finished once each of its parts is. */
export type MessageHandle = { settlePart(): void };

/**
 * Per partition the contiguous finished head: everything before the position is finished, whatever was finished out of
 * turn behind it. Holds one entry per unfinished message, none for finished ones.
 */
export type Checkpoints = {
  /** Takes over what this member holds now; what it held before and holds no longer is forgotten. */
  assign(partitions: readonly Partition[]): void;
  /**
   * Takes a message of `parts` parts; of no parts, it is finished at once. Undefined where it came before, as messages do
   * after a rebalance. Below all that may come again it is of a topic that was deleted and made anew, or of a group that
   * was set back: then its partition begins anew.
   */
  track(message: Position, parts: number): MessageHandle | undefined;
  /** True where the message has been taken already. */
  isDuplicate(message: Position): boolean;
  /** Positions that moved since they were last committed. */
  uncommitted(): Position[];
  committed(positions: readonly Position[]): void;
};

type Head = {
  readonly partition: Partition;
  /** Offset of the first message taken. */
  first?: number;
  /** Offset after the last message taken; undefined before the first. */
  next?: number;
  committed?: number;
  /** Unfinished offsets in ascending order, as they were taken. */
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

/** What is committed, or was there before we came, is not handed out again. */
function isDuplicate({ next = 0, committed, first = 0 }: Head, { offset }: Position): boolean {
  return offset < next && offset >= (committed ?? first);
}

function positionOf({ next, open }: Head): number | undefined {
  const [first] = open.keys();
  return first ?? next;
}

/** Topic names hold no slash. */
function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
