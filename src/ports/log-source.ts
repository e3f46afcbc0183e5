export type Partition = { topic: string; partition: number };

/** The offset at which a group resumes in a partition: that after its last settled message. */
export type Position = Partition & { offset: number };

/** A batch that was too large or could not be decompressed. `reason`: a sentence. */
export type UnreadBatch = { firstOffset: number; lastOffset: number; reason: string };

/** A message as the broker delivered it. Offsets are whole numbers below 2^53. */
export type SourceMessage = Position & {
  /** Stands for a whole unread batch, at the batch's last offset; key and value are null. */
  unread?: UnreadBatch;
  /** Milliseconds since the epoch. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer | null])[];
};

/** In this order: the assignment, then messages of the assigned partitions. */
export type Delivery =
  /** After a rebalance; delivery resumes at the committed offsets, so messages may be delivered again. */
  | { kind: "assigned"; partitions: readonly Partition[] }
  /** At least one; each partition's in the order of offsets. */
  | { kind: "messages"; messages: readonly SourceMessage[] };

/** One member of a consumer group; its disposal leaves the group. */
export type Subscription = AsyncDisposable & {
  /** The next delivery; undefined once the signal aborts. A Fault ends the subscription. */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Commits the offsets; partitions that were revoked from this member are skipped. Throws a Fault. */
  commit(positions: readonly Position[], signal: AbortSignal): Promise<void>;
};

export type SubscribeOptions = {
  topics: readonly string[];
  group: string;
  /** Where the group starts in a partition without a committed offset. */
  from: "earliest" | "latest";
  /** Default: that of the adapter. */
  sessionTimeoutMs?: number;
};

/** Every method throws a Fault. */
export type LogSource = {
  readonly name: string;
  /** Joins the group; the first delivery waits for the rebalance. */
  subscribe(what: SubscribeOptions, signal: AbortSignal): Promise<Subscription>;
  /** Every message that the topic holds now, without a group; ends by itself. */
  readAll(topic: string, signal: AbortSignal): AsyncIterable<readonly SourceMessage[]>;
  close(): Promise<void>;
};
