import type { Consumer, MessagesStream } from "@platformatic/kafka";
import { endedWithin } from "./calls.ts";
import { connectionsOf, destroyConnections } from "./clients.ts";

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
