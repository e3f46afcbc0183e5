import type { KafkaRecord, Message, RecordsBatch } from "@platformatic/kafka";
import type { StoredMessage, StreamMessage } from "../../ports/message-stream.ts";
import type { Tracked } from "../ordered-checkpoints.ts";
import { unreadBatch, type UnreadRecords } from "./bounded-batches.ts";

export type Partition = { topic: string; partition: number };

/** A message as the broker delivered it. Key, value and headers are slices of a whole fetched answer. */
export type KafkaMessage = Partition &
  Omit<StoredMessage, "source"> & {
    /** A whole number below 2^53. */
    offset: number;
    /** -1: unknown. */
    leaderEpoch: number;
    /** The batch whose place this message takes. */
    unread?: UnreadRecords;
  };

const NO_HEADERS: KafkaMessage["headers"] = [];
const UNKNOWN_EPOCH = -1;

export function toKafkaMessage(message: Message): KafkaMessage {
  const { topic, partition, offset, timestamp, headerEntries, leaderEpoch } = message;
  // The library returns null values as undefined, which its types omit.
  const value = message.value ?? null;
  return {
    topic,
    partition,
    offset: Number(offset),
    leaderEpoch,
    timestamp: Number(timestamp),
    ...contentOf({ key: message.key ?? null, value }),
    headers: headersOf(headerEntries),
  };
}

/** The messages of one batch, without transaction markers. */
export function messagesOf(batch: RecordsBatch, of: Partition, controlBit: number): KafkaMessage[] {
  if ((batch.attributes & controlBit) !== 0) return [];
  return batch.records.map((record) => recordToMessage(record, batch, of));
}

function recordToMessage(record: KafkaRecord, batch: RecordsBatch, of: Partition): KafkaMessage {
  return {
    ...of,
    offset: Number(batch.firstOffset) + record.offsetDelta,
    leaderEpoch: UNKNOWN_EPOCH,
    timestamp: Number(batch.firstTimestamp + record.timestampDelta),
    ...contentOf(record),
    headers: headersOf(record.headers),
  };
}

function contentOf({ key, value }: Pick<KafkaMessage, "key" | "value">) {
  const unread = unreadBatch(value);
  return unread ? { key: null, value: null, unread } : { key, value };
}

function headersOf(entries: readonly [Buffer | null, Buffer | null][]): KafkaMessage["headers"] {
  if (entries.length === 0) return NO_HEADERS;
  return entries.map(([name, value]) => [name?.toString() ?? "", value ?? null]);
}

export function toStoredMessage(message: KafkaMessage): StoredMessage {
  const { topic, partition, offset, timestamp, key, value, headers } = message;
  const source = { stream: topic, lane: String(partition), position: String(offset) };
  return { source, timestamp, key, value, headers };
}

export function toStreamMessage(message: KafkaMessage, { signal, settle }: Tracked): StreamMessage {
  const { unread } = message;
  const stored = toStoredMessage(message);
  if (!unread) return { ...stored, signal, settle };
  const { firstOffset, lastOffset, reason } = unread;
  const told = `the batch of offsets ${firstOffset} to ${lastOffset} was passed over: ${reason}`;
  return {
    ...stored,
    signal,
    settle,
    unread: { firstPosition: String(firstOffset), reason: told },
  };
}
