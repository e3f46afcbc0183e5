import type { Clock } from "../../ports/clock.ts";
import type { LeaderElection } from "../../ports/leader-election.ts";
import type {
  Lane,
  MessageStream,
  ReadOptions,
  ReaderObserver,
  StreamMessage,
  StreamReader,
} from "../../ports/message-stream.ts";
import { createOrderedCheckpoints, type OrderedCheckpoints } from "../ordered-checkpoints.ts";
import type { Delivery, JoinGroup, Member } from "./group-member.ts";
import type { Groups } from "./groups.ts";
import { toStreamMessage, type KafkaMessage, type Partition } from "./messages.ts";
import type { Topics } from "./topics.ts";

/** `groups` are closed with it. */
export function createMessageStream({
  groups,
  topics,
  clock,
}: {
  groups: Pick<Groups, "join" | "close">;
  topics: Pick<Topics, "lag">;
  clock: Clock;
}): MessageStream {
  const readers = new Set<StreamReader>();
  return {
    name: "kafka",
    open(options, observer, signal) {
      const reader = createStreamReader({ join: groups.join, clock }, options, observer, signal);
      const close = async () => {
        readers.delete(reader);
        await reader[Symbol.asyncDispose]();
      };
      readers.add(reader);
      return { read: reader.read, [Symbol.asyncDispose]: close };
    },
    backlog: (options, signal) => topics.lag(options, signal),
    async close() {
      await Promise.all([...readers].map((reader) => reader[Symbol.asyncDispose]()));
      await groups.close();
    },
  };
}

/** Of the last settled message. */
type Settled = Pick<KafkaMessage, "offset" | "leaderEpoch">;

/**
 * Reads as a member of a group. The connection may be lost and made again; the checkpoints stay, so that what is in
 * progress is recognized when it is delivered again.
 */
function createStreamReader(
  { join, clock }: { join: JoinGroup; clock: Clock },
  options: ReadOptions,
  observer: ReaderObserver,
  signal: AbortSignal,
): StreamReader {
  const { streams: topics, group, from } = options;
  const over = new AbortController();
  let member: Member | undefined;
  /** Whether the current member has received its assignment. */
  let assigned = false;
  let leaving: PromiseLike<void> | undefined;
  const leave = () => {
    const left = member;
    member = undefined;
    assigned = false;
    if (left) leaving = left[Symbol.asyncDispose]();
  };
  const checkpoints = createOrderedCheckpoints<Settled>({
    compare: (a, b) => a.offset - b.offset,
    clock,
    observer,
    async store(settled) {
      // Before the assignment, the offsets are of an older membership, and its topics may have been recreated since.
      if (!member || !assigned) return false;
      const offsets = settled.map(({ stream, lane, position }) => {
        const { offset, leaderEpoch } = position;
        return { topic: stream, partition: Number(lane), offset: offset + 1, leaderEpoch };
      });
      await member.commit(offsets, signal);
      return true;
    },
  });
  const receive = (delivery: Delivery): readonly StreamMessage[] => {
    if (delivery.kind === "messages") return track(checkpoints, delivery.messages, observer);
    assigned = true;
    const lanes = delivery.partitions.map(toLane);
    checkpoints.assign(lanes);
    observer.assigned(lanes);
    return [];
  };
  return {
    async read(until) {
      while (!until.aborted && !over.signal.aborted) {
        try {
          await leaving;
          member ??= await join({ topics, group, from }, until);
          const delivery = await member.next(until);
          if (!delivery) return undefined;
          const messages = receive(delivery);
          if (messages.length > 0) return messages;
        } catch (error) {
          leave();
          if (until.aborted || over.signal.aborted) return undefined;
          throw error;
        }
      }
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await checkpoints[Symbol.asyncDispose]();
      leave();
      await leaving;
    },
  };
}

function track(
  checkpoints: OrderedCheckpoints<Settled>,
  messages: readonly KafkaMessage[],
  observer: ReaderObserver,
): StreamMessage[] {
  const fresh: StreamMessage[] = [];
  for (const message of messages) {
    const { topic, partition, offset, leaderEpoch } = message;
    const tracked = checkpoints.track(topic, String(partition), { offset, leaderEpoch });
    if (tracked) fresh.push(toStreamMessage(message, tracked));
  }
  if (fresh.length < messages.length) observer.repeated(messages.length - fresh.length);
  return fresh;
}

function toLane({ topic, partition }: Partition): Lane {
  return { stream: topic, lane: String(partition) };
}

/** A leader that vanished is replaced after this time. */
const LEADER_SESSION_TIMEOUT_MS = 6000;

/** The leader is the member that holds the only partition of the topic. */
export function createLeaderElection(join: JoinGroup, topic: string): LeaderElection {
  const joining = {
    topics: [topic],
    group: topic,
    from: "latest",
    sessionTimeoutMs: LEADER_SESSION_TIMEOUT_MS,
  } as const;
  return {
    async campaign(signal) {
      const member = await join(joining, signal);
      return {
        async next(until) {
          for (;;) {
            const delivery = await member.next(until);
            if (delivery?.kind !== "messages") return delivery && delivery.partitions.length > 0;
          }
        },
        [Symbol.asyncDispose]: () => member[Symbol.asyncDispose](),
      };
    },
  };
}
