import type { Consumer, GroupAssignment } from "@platformatic/kafka";
import type { Partition } from "./messages.ts";
import type { Calls } from "./calls.ts";

const LATEST = -1n;

/**
 * Commits the end offset of partitions without a committed one. Otherwise "latest" would move at each rebalance and
 * restart, and messages in between would be lost.
 */
export async function pinStart(
  { consumer, calls }: { consumer: Consumer; calls: Calls },
  held: readonly Partition[],
  signal: AbortSignal,
): Promise<void> {
  const topics = byTopic(held);
  const committed = await calls.call(() => consumer.listCommittedOffsets({ topics }), { signal });
  const open = held.filter(
    ({ topic, partition }) => (committed.get(topic)?.[partition] ?? LATEST) < 0n,
  );
  if (open.length === 0) return;
  const wanted = byTopic(open);
  const ends = await calls.call(
    () =>
      consumer.listOffsets({
        topics: wanted.map(({ topic }) => topic),
        partitions: Object.fromEntries(wanted.map(({ topic, partitions }) => [topic, partitions])),
        timestamp: LATEST,
      }),
    { signal },
  );
  const offsets = open.flatMap(({ topic, partition }) => {
    const offset = ends.get(topic)?.[partition];
    return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: -1 }];
  });
  await calls.call(() => consumer.commit({ offsets }), { signal });
}

function byTopic(partitions: readonly Partition[]): GroupAssignment[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }));
}
