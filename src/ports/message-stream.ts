/** One ordered part of a stream: Kafka's partition, Kinesis' shard. */
export type Lane = { stream: string; lane: string };

/** Where a message is. A position is opaque: only its adapter compares it with others of its lane. */
export type MessageSource = Lane & { position: string };

export type StoredMessage = {
  source: MessageSource;
  /** Milliseconds since the epoch. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string, value: Buffer | null])[];
};

/** A batch that was too large or could not be decompressed. `reason`: a sentence. */
type UnreadBatch = { firstPosition: string; reason: string };

export type StreamMessage = StoredMessage & {
  /** Stands for a whole unread batch, at the batch's last position; key and value are null. */
  unread?: UnreadBatch;
  /** Aborts when the lane is taken from this reader: another one receives the message again. */
  signal: AbortSignal;
  /**
   * Call it once the message is durably written, a dead letter, or certain to be found by the backfill. May be called in
   * any order, and without its message.
   */
  settle: () => void;
};

/** What a reader tells while it reads. */
export type ReaderObserver = {
  /** After each change of its lanes, before messages of them. */
  assigned(lanes: readonly Lane[]): void;
  /** Messages that were delivered again while this reader works on them or had settled them; they are left out. */
  repeated(messages: number): void;
  /** Once, until a checkpoint is stored again. `error`: a Fault, or a bug. */
  checkpointFailed(error: unknown): void;
};

export type ReadOptions = {
  streams: readonly string[];
  /** Checkpoints are kept under this name; where the stream has groups, its readers share the lanes. */
  group: string;
  /** Where the group starts in a lane without a checkpoint; it stays there. */
  from: "earliest" | "latest";
};

/**
 * Stores for each lane up to where every message is settled, at least every few seconds and at its disposal. Never
 * stores a position behind an unsettled message: that one is delivered again to the next reader.
 */
export type StreamReader = AsyncDisposable & {
  /**
   * At least one message; each lane's in order. Undefined once the signal aborts or the reader is disposed of. Throws a
   * Fault where the connection is lost: the next call connects again.
   */
  read(signal: AbortSignal): Promise<readonly StreamMessage[] | undefined>;
};

/** Counts of messages. */
export type LaneBacklog = Lane & {
  /** Ever written to the lane. */
  written: number;
  /** Up to the checkpoint; null where there is none. */
  settled: number | null;
  /** Not settled, as far as they are still there. */
  lag: number;
};

export type MessageStream = {
  /** As OpenTelemetry names the system. */
  readonly name: string;
  /** Contacts nothing yet. `signal`: nothing is waited for any longer, not even a checkpoint at the end. */
  open(options: ReadOptions, observer: ReaderObserver, signal: AbortSignal): StreamReader;
  /** How far the group is behind in each lane; absent where the stream does not count. Throws a Fault. */
  backlog?(options: ReadOptions, signal: AbortSignal): Promise<LaneBacklog[]>;
  close(): Promise<void>;
};
