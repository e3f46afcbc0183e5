import type {
  ClusterMetadata,
  CommitOptionsPartition,
  Consumer,
  ConsumerGroupJoinPayload,
  MessagesStream,
} from "@platformatic/kafka";
import { createWakeup } from "../../concurrency/wakeup.ts";
import { Fault } from "../../domain/faults.ts";
import type { ReadOptions } from "../../ports/message-stream.ts";
import { timeLimit } from "../../concurrency/time-limit.ts";
import { systemClock } from "../process/system-clock.ts";
import type { Calls } from "./calls.ts";
import { ignoreConnectionErrors, fetchMetadataOnce } from "./clients.ts";
import {
  isCoordinatorMoving,
  isMissingTopic,
  missingTopicFault,
  toFault,
  unanswered,
} from "./faults.ts";
import { leaveGroup, pinStart } from "./group-calls.ts";
import { toKafkaMessage, type KafkaMessage, type Partition } from "./messages.ts";

/** In this order: the assignment, then messages of the assigned partitions. */
export type Delivery =
  /** After a rebalance; delivery resumes at the committed offsets, so messages may be delivered again. */
  | { kind: "assigned"; partitions: readonly Partition[] }
  /** At least one; each partition's in the order of offsets. */
  | { kind: "messages"; messages: readonly KafkaMessage[] };

/** The offset at which the group resumes, and the epoch of the message before it. */
export type GroupPosition = Partition & Pick<KafkaMessage, "offset" | "leaderEpoch">;

/** One member of a consumer group; its disposal leaves the group. */
export type Member = AsyncDisposable & {
  /** The next delivery; undefined once the signal aborts. A Fault ends the membership. */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Commits the offsets; partitions that were revoked from this member are skipped. Throws a Fault. */
  commit(positions: readonly GroupPosition[], signal: AbortSignal): Promise<void>;
};

export type GroupOptions = Pick<ReadOptions, "group" | "from"> & {
  topics: readonly string[];
  /** Default: 10 s. */
  sessionTimeoutMs?: number;
};

/** Joins the group; the first delivery waits for the rebalance. Throws a Fault. */
export type JoinGroup = (options: GroupOptions, signal: AbortSignal) => Promise<Member>;

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

export type MemberDeps = {
  consumer: Consumer;
  calls: Calls;
  /** Removes a member from the group by another connection. */
  expel(memberId: string): Promise<void>;
};

const JOIN_LIMIT_MS = 60_000;
/** A broker that has just started loads its groups for longer than the library retries. */
const COORDINATOR_RETRY_MS = 15_000;
const COMMIT_LIMIT_MS = 5000;
const MAX_MESSAGES = 500;

/**
 * One member of a consumer group. Each assignment gets a stream of its own: a reused stream would continue from its old
 * position in partitions without a committed offset, past messages that others left unfinished.
 */
export class GroupMember implements Member {
  readonly #consumer: Consumer;
  readonly #calls: Calls;
  readonly #expel: MemberDeps["expel"];
  readonly #options: GroupOptions;
  readonly #joinGroup: () => Promise<unknown>;
  readonly #wakeup = createWakeup(systemClock);
  readonly #closing = new AbortController();
  #held: readonly Partition[] = [];
  /** Counts assignments; each stream belongs to one. */
  #assignment = 0;
  #assignmentPending = false;
  #stream: Stream | undefined;
  /** The stream replaces a failed one and has returned no message yet. */
  #isReplacement = false;
  #generation = "";
  /** In the group's leader: the number of partitions it assigned. */
  #assignedPartitions: number | undefined;
  #committing = false;
  #lost = false;
  #fault: Fault | undefined;
  #leaving: Promise<void> | undefined;

  constructor({ consumer, calls, expel }: MemberDeps, what: GroupOptions) {
    this.#consumer = consumer;
    this.#calls = calls;
    this.#expel = expel;
    this.#options = what;
    ignoreConnectionErrors(consumer.connections);
    consumer.on("error", (error) => this.#onLostMembership(error));
    consumer.on("consumer:group:join", (joined) => this.#onJoin(joined));
    consumer.on("client:metadata", (metadata) => this.#onMetadata(metadata));
    this.#joinGroup = consumer.joinGroup.bind(consumer, {});
    // After an expulsion the library would rejoin and then commit positions of partitions that others hold; this
    // refuses the commit.
    const rejoinWithoutCommit = (_options: unknown, refuse: (error: Error) => void) => {
      this.#rejoin();
      refuse(new Error("the group is being rebalanced"));
    };
    Object.defineProperty(consumer, "joinGroup", { value: rejoinWithoutCommit });
    for (const topic of what.topics) consumer.topics.track(topic);
  }

  /** Joins the group. Throws a Fault; the member has to be disposed of then too. */
  async join(signal: AbortSignal): Promise<void> {
    // One by one, because for several topics the library may name the wrong one as missing.
    for (const topic of this.#options.topics) {
      await fetchMetadataOnce(this.#consumer, this.#calls, signal, [topic]);
    }
    const retryUntil = performance.now() + COORDINATOR_RETRY_MS;
    for (;;) {
      try {
        await this.#calls.call(this.#joinGroup, { signal, limitMs: JOIN_LIMIT_MS });
        return;
      } catch (error) {
        if (!isCoordinatorMoving(error) || performance.now() > retryUntil) throw error;
      }
    }
  }

  async next(signal: AbortSignal): Promise<Delivery | undefined> {
    for (;;) {
      if (signal.aborted || this.#closing.signal.aborted) return undefined;
      if (this.#fault) throw this.#fault;
      const delivery = this.#nextAssignment() ?? this.#nextMessages();
      if (delivery) return delivery;
      await this.#wakeup.sleep(undefined, signal);
    }
  }

  async commit(positions: readonly GroupPosition[], signal: AbortSignal): Promise<void> {
    if (positions.length === 0) return;
    using limit = timeLimit(signal, COMMIT_LIMIT_MS);
    // One commit at a time: of two in flight, the lower position might reach the broker last.
    while (this.#committing || !this.#consumer.isActive()) {
      if (this.#lost && this.#fault) throw this.#fault;
      if (limit.signal.aborted || this.#closing.signal.aborted) {
        throw unanswered(this.#calls, !limit.timedOut());
      }
      await this.#wakeup.sleep(undefined, limit.signal);
    }
    const held = new Set(this.#held.map(nameOf));
    const offsets = positions
      .filter((position) => held.has(nameOf(position)))
      .map((position) => ({ ...position, offset: BigInt(position.offset) }));
    if (offsets.length === 0) return;
    await this.#calls.call(() => this.#send(offsets), {
      signal,
      limitMs: COMMIT_LIMIT_MS,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  async #send(offsets: CommitOptionsPartition[]): Promise<void> {
    this.#committing = true;
    try {
      await this.#consumer.commit({ offsets });
    } finally {
      this.#committing = false;
      this.#wakeup.notifyAll();
    }
  }

  #nextAssignment(): Delivery | undefined {
    if (!this.#assignmentPending) return undefined;
    this.#assignmentPending = false;
    return { kind: "assigned", partitions: this.#held };
  }

  #nextMessages(): Delivery | undefined {
    const stream = this.#stream;
    if (!stream) return undefined;
    const messages: KafkaMessage[] = [];
    while (messages.length < MAX_MESSAGES) {
      const message = stream.read();
      if (message === null) break;
      messages.push(toKafkaMessage(message));
    }
    if (messages.length === 0) return undefined;
    this.#isReplacement = false;
    return { kind: "messages", messages };
  }

  #onJoin({ memberId, generationId, isLeader, assignments = [] }: ConsumerGroupJoinPayload): void {
    const generation = `${memberId}/${generationId}`;
    if (this.#closing.signal.aborted || generation === this.#generation) return;
    this.#generation = generation;
    this.#assignedPartitions = isLeader
      ? this.#partitionsIn(this.#consumer.currentMetadata)
      : undefined;
    this.#isReplacement = false;
    this.#held = assignments.flatMap(({ topic, partitions }) =>
      partitions.toSorted((a, b) => a - b).map((partition) => ({ topic, partition })),
    );
    this.#startReading();
  }

  /** Reports the assignment to the caller and reads from the committed offsets. */
  #startReading(): void {
    this.#assignment += 1;
    this.#assignmentPending = false;
    this.#dropStream();
    void this.#openStream(this.#assignment).catch((error) => this.#fail(error));
  }

  async #openStream(assignment: number): Promise<void> {
    const held = this.#held;
    if (this.#options.from === "latest" && held.length > 0) {
      await pinStart({ consumer: this.#consumer, calls: this.#calls }, held, this.#closing.signal);
    }
    if (assignment !== this.#assignment || this.#closing.signal.aborted) return;
    // Reported only now, so that messages written after the caller knows are behind the pinned start.
    this.#assignmentPending = true;
    this.#wakeup.notifyAll();
    if (held.length === 0) return;
    // A callback, because the stream may fail before a promise of it resolves.
    this.#consumer.consume(
      { topics: [...this.#options.topics], mode: "committed", fallbackMode: "earliest" },
      (error, stream) => {
        if (stream) this.#attach(stream);
        else this.#fail(error);
      },
    );
  }

  #attach(stream: Stream): void {
    ignoreConnectionErrors(stream.connections);
    stream.on("error", (error) => this.#onStreamError(stream, error));
    stream.on("readable", () => this.#wakeup.notifyAll());
    this.#stream = stream;
  }

  #onStreamError(stream: Stream, error: Error): void {
    if (stream !== this.#stream) return;
    const fault = toFault(error, this.#calls);
    if (fault.kind !== "outage" || this.#isReplacement) {
      this.#fail(fault);
      return;
    }
    this.#isReplacement = true;
    this.#startReading();
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.destroy();
  }

  /** The library assigns new partitions of a topic only at a rebalance. */
  #onMetadata(metadata: ClusterMetadata): void {
    if (this.#assignedPartitions === undefined || this.#closing.signal.aborted) return;
    if (this.#partitionsIn(metadata) <= this.#assignedPartitions) return;
    this.#assignedPartitions = undefined;
    this.#rejoin();
  }

  #rejoin(): void {
    if (!this.#closing.signal.aborted)
      this.#joinGroup().catch((error: unknown) => this.#onLostMembership(error));
  }

  #partitionsIn(metadata: ClusterMetadata | undefined): number {
    const counts = this.#options.topics.map(
      (topic) => metadata?.topics.get(topic)?.partitionsCount,
    );
    return counts.reduce((sum: number, count = 0) => sum + count, 0);
  }

  /** This member has left the group, and the library does not rejoin by itself. */
  #onLostMembership(error: unknown): void {
    this.#lost = true;
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#fault ??= isMissingTopic(error)
      ? missingTopicFault(this.#options.topics.join(" or "), this.#calls)
      : toFault(error, this.#calls);
    this.#dropStream();
    this.#wakeup.notifyAll();
  }

  async #leave(): Promise<void> {
    this.#closing.abort();
    this.#wakeup.notifyAll();
    const stream = this.#stream;
    this.#stream = undefined;
    await leaveGroup({ consumer: this.#consumer, stream, expel: this.#expel });
  }
}

function nameOf({ topic, partition }: Partition): string {
  return `${topic}/${partition}`;
}
