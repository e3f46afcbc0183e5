import type { KafkaRecord, Message, RecordsBatch } from "@platformatic/kafka";
import { unreadBatch } from "./bounded-batches.ts";
import type { Partition, SourceMessage } from "../../ports/log-source.ts";

const NO_HEADERS: SourceMessage["headers"] = [];

/** A message of the library in the port's shape. Key, value and headers are slices of a whole fetched answer. */
export function toSourceMessage(message: Message): SourceMessage {
  const { topic, partition, offset, timestamp, headerEntries } = message;
  // The library returns null values as undefined, which its types omit.
  const value = message.value ?? null;
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    ...contentOf({ key: message.key ?? null, value }),
    headers: headersOf(headerEntries),
  };
}

/** The messages of one batch, without transaction markers. */
export function messagesOf(batch: RecordsBatch, of: Partition, controlBit: number) {
  if ((batch.attributes & controlBit) !== 0) return [];
  return batch.records.map((record) => recordToMessage(record, batch, of));
}

function recordToMessage(record: KafkaRecord, batch: RecordsBatch, of: Partition): SourceMessage {
  return {
    ...of,
    offset: Number(batch.firstOffset) + record.offsetDelta,
    timestamp: Number(batch.firstTimestamp + record.timestampDelta),
    ...contentOf(record),
    headers: headersOf(record.headers),
  };
}

function contentOf({ key, value }: Pick<SourceMessage, "key" | "value">) {
  const unread = unreadBatch(value);
  return unread ? { key: null, value: null, unread } : { key, value };
}

function headersOf(entries: readonly [Buffer | null, Buffer | null][]): SourceMessage["headers"] {
  if (entries.length === 0) return NO_HEADERS;
  return entries.map(([name, value]) => [name?.toString() ?? "", value ?? null]);
}
