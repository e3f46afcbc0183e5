import type { Consumer, RecordsBatch } from "@platformatic/kafka";
import type { StoredMessage } from "../../ports/message-stream.ts";
import type { Calls } from "./calls.ts";
import { fetchMetadataOnce } from "./clients.ts";
import { missingTopicFault } from "./faults.ts";
import { messagesOf, toStoredMessage, type Partition } from "./messages.ts";

export type ReadAllDeps = {
  consumer: Consumer;
  calls: Calls;
  /** The attribute bit of transaction markers. */
  controlBit: number;
  maxBytes: number;
};

const EARLIEST = -2n;
const LATEST = -1n;
/** If the last messages were removed, the broker returns nothing before the end. */
const EMPTY_ANSWERS = 3;

/** Every message between the topic's current start and end, partition by partition. */
export async function* readAll(
  deps: ReadAllDeps,
  topic: string,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredMessage[]> {
  const { consumer, calls } = deps;
  consumer.topics.track(topic);
  await fetchMetadataOnce(consumer, calls, signal, [topic]);
  // The end is read first: messages removed from the start in between are no loss.
  const ends = await offsetsOf(deps, topic, LATEST, signal);
  const starts = await offsetsOf(deps, topic, EARLIEST, signal);
  for (const [partition, end] of ends.entries()) {
    const start = starts[partition] ?? end;
    yield* readPartition(deps, { topic, partition }, start, end, signal);
  }
}

async function offsetsOf(deps: ReadAllDeps, topic: string, timestamp: bigint, signal: AbortSignal) {
  const listed = () => deps.consumer.listOffsets({ topics: [topic], timestamp });
  return (await deps.calls.call(listed, { signal })).get(topic) ?? [];
}

async function* readPartition(
  deps: ReadAllDeps,
  of: Partition,
  start: bigint,
  end: bigint,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredMessage[]> {
  let position = start;
  let empty = 0;
  while (position < end && empty < EMPTY_ANSWERS) {
    const batches = await fetchFrom(deps, of, position, signal);
    const from = position;
    for (const { firstOffset, lastOffsetDelta } of batches) {
      position = firstOffset + BigInt(lastOffsetDelta) + 1n;
    }
    empty = position > from ? 0 : empty + 1;
    const messages = batches
      .flatMap((batch) => messagesOf(batch, of, deps.controlBit))
      // A batch is returned whole, and may begin before the position or end behind the end.
      .filter(({ offset }) => offset >= Number(from) && offset < Number(end))
      .map(toStoredMessage);
    if (messages.length > 0) yield messages;
  }
}

async function fetchFrom(
  { consumer, calls, maxBytes }: ReadAllDeps,
  { topic, partition }: Partition,
  fetchOffset: bigint,
  signal: AbortSignal,
): Promise<RecordsBatch[]> {
  const metadata = await calls.call(() => consumer.metadata({ topics: [topic] }), { signal });
  const found = metadata.topics.get(topic);
  const leader = found?.partitions[partition]?.leader;
  if (!found || leader === undefined) throw missingTopicFault(topic, calls);
  const wanted = {
    partition,
    fetchOffset,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    partitionMaxBytes: maxBytes,
  };
  const answer = await calls.call(
    () =>
      consumer.fetch({
        node: leader,
        topics: [{ topicId: found.id, partitions: [wanted] }],
        maxBytes,
        maxWaitTime: 500,
      }),
    { signal },
  );
  return answer.responses
    .flatMap(({ partitions }) => partitions)
    .filter(({ partitionIndex }) => partitionIndex === partition)
    .flatMap(({ records }) => records ?? []);
}
