/** One partition of a topic. */
export type Partition = { topic: string; partition: number };

/** Where a group goes on in a partition: the offset of the message after the last finished one. */
export type Position = Partition & { offset: number };

/** A batch that was too large to be unpacked, or could not be. `reason`: in words. */
export type UnreadBatch = { firstOffset: number; lastOffset: number; reason: string };

/** A message as the broker handed it out. Offsets are whole numbers below 2^53. */
export type SourceMessage = Position & {
  /** It stands for a whole batch that was not read, at that batch's last offset; key and value are null. */
  unread?: UnreadBatch;
  /** Milliseconds since the epoch. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer | null])[];
};

/** What a member of a consumer group is handed, in this order: first what it holds, then the messages of that. */
export type Delivery =
  /** The group was balanced anew; messages go on from the committed offsets, so some may come again. */
  | { kind: "assigned"; partitions: readonly Partition[] }
  /** At least one message, each partition's in the order of its offsets. */
  | { kind: "messages"; messages: readonly SourceMessage[] };

/** One member of a consumer group. Leaving the group is part of its disposal. */
export type Subscription = AsyncDisposable & {
  /** Waits for the next delivery; undefined once the signal aborts. A Fault ends the subscription. */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Keeps the positions for the group. Partitions that this member holds no longer are left out. Throws a Fault. */
  commit(positions: readonly Position[], signal: AbortSignal): Promise<void>;
};

export type SubscribeOptions = {
  topics: readonly string[];
  group: string;
  /** Where the group begins in a partition for which it has committed no offset. */
  from: "earliest" | "latest";
  /** After how long a silent member is taken for dead; default: as the source sees fit. */
  sessionTimeoutMs?: number;
};

/** Where messages come from. Every method throws a Fault. */
export type LogSource = {
  readonly name: string;
  /** Joins the group; the first delivery may take as long as the group takes to settle. */
  subscribe(what: SubscribeOptions, signal: AbortSignal): Promise<Subscription>;
  /** Every message that the topic holds at this moment, without a group; ends by itself. */
  readAll(topic: string, signal: AbortSignal): AsyncIterable<readonly SourceMessage[]>;
  close(): Promise<void>;
};
