import type { Consumer, MessagesStream, GroupAssignment } from "@platformatic/kafka";
import { endedWithin, type Calls } from "./calls.ts";
import { connectionsOf, destroyConnections } from "./clients.ts";
import type { Partition } from "./messages.ts";

type Leaving = {
  consumer: Consumer;
  stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;
  /** Removes a member from the group by another connection. */
  expel(memberId: string): Promise<void>;
};

const LEAVE_LIMIT_MS = 1500;
const CLOSE_LIMIT_MS = 500;

/** Leaves the group, so that others take over at once, and closes the consumer, by force after 3 s. Never throws. */
export async function leaveGroup({ consumer, stream, expel }: Leaving): Promise<void> {
  const pools = [consumer.connections, ...(stream ? [stream.connections] : [])];
  const connections = pools.flatMap(connectionsOf);
  stream?.destroy();
  const isMember = consumer.isActive();
  if (isMember) await endedWithin(leave(consumer), LEAVE_LIMIT_MS);
  const { memberId } = consumer;
  // Without a member id the library stops joining and sends nothing.
  consumer.memberId = null;
  await endedWithin(leave(consumer), CLOSE_LIMIT_MS);
  // During a rebalance the broker answers the member's own connection only at its end.
  if (!isMember && memberId !== null) await endedWithin(expel(memberId), LEAVE_LIMIT_MS);
  await endedWithin(consumer.close(true), CLOSE_LIMIT_MS);
  destroyConnections(connections);
}

function leave(consumer: Consumer): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.leaveGroup(true, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

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
