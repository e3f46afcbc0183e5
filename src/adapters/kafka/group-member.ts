import type {
  ClusterMetadata,
  CommitOptionsPartition,
  Consumer,
  ConsumerGroupJoinPayload,
  MessagesStream,
} from "@platformatic/kafka";
import { Fault } from "../../domain/faults.ts";
import type {
  Delivery,
  Position,
  SourceMessage,
  SubscribeOptions,
  Subscription,
} from "../../ports/log-source.ts";
import { timeLimit } from "../http/time-limit.ts";
import { createBell } from "./bell.ts";
import type { Calls } from "./calls.ts";
import { hearErrors, reach } from "./clients.ts";
import {
  isCoordinatorMoving,
  isMissingTopic,
  missingTopicFault,
  toFault,
  unanswered,
} from "./faults.ts";
import { leaveGroup } from "./leave-group.ts";
import { createLedger } from "./ledger.ts";
import { toSourceMessage } from "./messages.ts";
import { pinStart } from "./pin-start.ts";

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

export type MemberDeps = {
  consumer: Consumer;
  calls: Calls;
  /** Takes a member out of the group from the outside. */
  expel(memberId: string): Promise<void>;
};

const JOIN_LIMIT_MS = 60_000;
/** A broker that has just started, or taken over, loads its groups for longer than the library's retries take. */
const COORDINATOR_PATIENCE_MS = 15_000;
const COMMIT_LIMIT_MS = 5000;
const MAX_MESSAGES = 500;

/**
 * One member of a consumer group. Each assignment reads by a stream of its own: a stream that outlives one goes on, in
 * partitions without a committed offset, from where it was, past what others have left unfinished.
 */
export class GroupMember implements Subscription {
  readonly #consumer: Consumer;
  readonly #calls: Calls;
  readonly #expel: MemberDeps["expel"];
  readonly #what: SubscribeOptions;
  readonly #joinGroup: () => Promise<unknown>;
  readonly #bell = createBell();
  readonly #ledger = createLedger();
  readonly #over = new AbortController();
  /** Counts what the caller is told is assigned; every stream belongs to one count. */
  #assignment = 0;
  #untold = false;
  #stream: Stream | undefined;
  /** The stream took the place of one that failed, and has handed out nothing yet. */
  #replacement = false;
  #generation = "";
  /** Partitions of the topics as the group's leader dealt them out; undefined in other members. */
  #dealtOut: number | undefined;
  #committing = false;
  #lost = false;
  #fault: Fault | undefined;
  #left: Promise<void> | undefined;

  constructor({ consumer, calls, expel }: MemberDeps, what: SubscribeOptions) {
    this.#consumer = consumer;
    this.#calls = calls;
    this.#expel = expel;
    this.#what = what;
    hearErrors(consumer.connections);
    consumer.on("error", (error) => this.#lose(error));
    consumer.on("consumer:group:join", (joined) => this.#onJoin(joined));
    consumer.on("client:metadata", (metadata) => this.#onMetadata(metadata));
    this.#joinGroup = consumer.joinGroup.bind(consumer, {});
    // A commit that finds its member expelled would join first, and commit what others hold by now.
    const joinWithoutCommit = (_options: unknown, refuse: (error: Error) => void) => {
      this.#joinAnew();
      refuse(new Error("the group is being balanced anew"));
    };
    Object.defineProperty(consumer, "joinGroup", { value: joinWithoutCommit });
    for (const topic of what.topics) consumer.topics.track(topic);
  }

  /** Joins the group. Throws a Fault; the member is to be disposed of then too. */
  async join(signal: AbortSignal): Promise<void> {
    // One by one: of several topics the library may name the wrong one as missing.
    for (const topic of this.#what.topics) {
      await reach(this.#consumer, this.#calls, signal, [topic]);
    }
    const patientUntil = performance.now() + COORDINATOR_PATIENCE_MS;
    for (;;) {
      try {
        await this.#calls.call(this.#joinGroup, { signal, limitMs: JOIN_LIMIT_MS });
        return;
      } catch (error) {
        if (!isCoordinatorMoving(error) || performance.now() > patientUntil) throw error;
      }
    }
  }

  async next(signal: AbortSignal): Promise<Delivery | undefined> {
    for (;;) {
      if (signal.aborted || this.#over.signal.aborted) return undefined;
      if (this.#fault) throw this.#fault;
      const delivery = this.#takeAssigned() ?? this.#takeMessages();
      if (delivery) return delivery;
      await this.#bell.wait(signal);
    }
  }

  async commit(positions: readonly Position[], signal: AbortSignal): Promise<void> {
    if (positions.length === 0) return;
    using limit = timeLimit(signal, COMMIT_LIMIT_MS);
    // One at a time: of two under way, the lower position might be the last that the broker sees.
    while (this.#committing || !this.#consumer.isActive()) {
      if (this.#lost && this.#fault) throw this.#fault;
      if (limit.signal.aborted || this.#over.signal.aborted) {
        throw unanswered(this.#calls, !limit.timedOut());
      }
      await this.#bell.wait(limit.signal);
    }
    const offsets = this.#ledger.due(positions);
    if (offsets.length === 0) return;
    await this.#calls.call(() => this.#send(offsets), {
      signal,
      limitMs: COMMIT_LIMIT_MS,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#left ??= this.#leave());
  }

  /** Is noted when it is done, also where nobody waits for it any more. */
  async #send(offsets: CommitOptionsPartition[]): Promise<void> {
    this.#committing = true;
    try {
      await this.#consumer.commit({ offsets });
      this.#ledger.committed(offsets);
    } finally {
      this.#committing = false;
      this.#bell.ring();
    }
  }

  #takeAssigned(): Delivery | undefined {
    if (!this.#untold) return undefined;
    this.#untold = false;
    return { kind: "assigned", partitions: this.#ledger.held };
  }

  #takeMessages(): Delivery | undefined {
    const stream = this.#stream;
    if (!stream) return undefined;
    const messages: SourceMessage[] = [];
    while (messages.length < MAX_MESSAGES) {
      const message = stream.read();
      if (message === null) break;
      const taken = toSourceMessage(message);
      this.#ledger.saw(taken, message.leaderEpoch);
      messages.push(taken);
    }
    if (messages.length === 0) return undefined;
    this.#replacement = false;
    return { kind: "messages", messages };
  }

  #onJoin({ memberId, generationId, isLeader, assignments = [] }: ConsumerGroupJoinPayload): void {
    const generation = `${memberId}/${generationId}`;
    if (this.#over.signal.aborted || generation === this.#generation) return;
    this.#generation = generation;
    this.#dealtOut = isLeader ? this.#partitionsIn(this.#consumer.currentMetadata) : undefined;
    this.#replacement = false;
    this.#ledger.assign(assignments);
    this.#begin();
  }

  /** Tells the caller what it holds, and reads on from the committed offsets. */
  #begin(): void {
    this.#assignment += 1;
    this.#untold = false;
    this.#dropStream();
    void this.#openStream(this.#assignment).catch((error) => this.#fail(error));
  }

  async #openStream(assignment: number): Promise<void> {
    const { held } = this.#ledger;
    if (this.#what.from === "latest" && held.length > 0) {
      await pinStart({ consumer: this.#consumer, calls: this.#calls }, held, this.#over.signal);
    }
    if (assignment !== this.#assignment || this.#over.signal.aborted) return;
    // Told no sooner: what is written once the caller knows is after the latest.
    this.#untold = true;
    this.#bell.ring();
    if (held.length === 0) return;
    // A callback, as an error of the stream may come before a promise of it is heard.
    this.#consumer.consume(
      { topics: [...this.#what.topics], mode: "committed", fallbackMode: "earliest" },
      (error, stream) => {
        if (stream) this.#read(stream);
        else this.#fail(error);
      },
    );
  }

  #read(stream: Stream): void {
    hearErrors(stream.connections);
    stream.on("error", (error) => this.#onStreamError(stream, error));
    stream.on("readable", () => this.#bell.ring());
    this.#stream = stream;
  }

  #onStreamError(stream: Stream, error: Error): void {
    if (stream !== this.#stream) return;
    const fault = toFault(error, this.#calls);
    if (fault.kind !== "outage" || this.#replacement) {
      this.#fail(fault);
      return;
    }
    this.#replacement = true;
    this.#begin();
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.destroy();
  }

  /** The library deals out partitions that a topic gained only when a group is balanced anew. */
  #onMetadata(metadata: ClusterMetadata): void {
    if (this.#dealtOut === undefined || this.#over.signal.aborted) return;
    if (this.#partitionsIn(metadata) <= this.#dealtOut) return;
    this.#dealtOut = undefined;
    this.#joinAnew();
  }

  #joinAnew(): void {
    if (!this.#over.signal.aborted) this.#joinGroup().catch((error: unknown) => this.#lose(error));
  }

  #partitionsIn(metadata: ClusterMetadata | undefined): number {
    const counts = this.#what.topics.map((topic) => metadata?.topics.get(topic)?.partitionsCount);
    return counts.reduce((sum: number, count = 0) => sum + count, 0);
  }

  /** It is in the group no longer, and the library will not join by itself. */
  #lose(error: unknown): void {
    this.#lost = true;
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#fault ??= isMissingTopic(error)
      ? missingTopicFault(this.#what.topics.join(" or "), this.#calls)
      : toFault(error, this.#calls);
    this.#dropStream();
    this.#bell.ring();
  }

  async #leave(): Promise<void> {
    this.#over.abort();
    this.#bell.ring();
    const stream = this.#stream;
    this.#stream = undefined;
    await leaveGroup({ consumer: this.#consumer, stream, expel: this.#expel });
  }
}
