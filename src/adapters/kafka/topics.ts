import { timeLimit } from "../../concurrency/time-limit.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "@platformatic/kafka";
import type { LaneBacklog, ReadOptions } from "../../ports/message-stream.ts";
import type { Calls } from "./calls.ts";
import { clientOptions, type KafkaSettings } from "./client-options.ts";
import { lazyClient } from "./clients.ts";
import { hasApiId, isMissingTopic, missingTopicFault, toFault } from "./faults.ts";

/** Queries and creates topics. Every method throws a Fault. */
export type Topics = {
  /** Number of partitions per topic; a missing topic is left out. */
  describe(names: readonly string[], signal: AbortSignal): Promise<Map<string, number>>;
  /** With the broker's default number of replicas. */
  create(name: string, partitions: number, signal: AbortSignal): Promise<void>;
  lag(of: ReadOptions, signal: AbortSignal): Promise<LaneBacklog[]>;
  close(): Promise<void>;
};

const EARLIEST = -2n;
const LATEST = -1n;
const POLL_MS = 50;
const LEADERLESS = ["LEADER_NOT_AVAILABLE", "NOT_LEADER_OR_FOLLOWER", "UNKNOWN_TOPIC_OR_PARTITION"];
const CREATE_LIMIT_MS = 10_000;

export function createTopics(settings: KafkaSettings, calls: Calls): Topics {
  const client = lazyClient(async () => {
    const { Admin } = await import("@platformatic/kafka");
    return new Admin(await clientOptions(settings));
  }, calls);

  return {
    async describe(names, signal) {
      const admin = await client.get(signal);
      const found = new Map<string, number>();
      for (const name of new Set(names)) {
        const partitions = await partitionsOf(admin, calls, name, signal);
        if (partitions !== undefined) found.set(name, partitions);
      }
      return found;
    },
    async create(name, partitions, signal) {
      const admin = await client.get(signal);
      try {
        await calls.call(() => admin.createTopics({ topics: [name], partitions }), { signal });
      } catch (error) {
        if (!hasApiId(error, "TOPIC_ALREADY_EXISTS")) throw error;
      }
      await untilReady(admin, calls, name, signal);
    },
    async lag({ group, streams, from }, signal) {
      const admin = await client.get(signal);
      const lags: LaneBacklog[] = [];
      for (const topic of streams) {
        const partitions = await partitionsOf(admin, calls, topic, signal);
        if (partitions === undefined) throw missingTopicFault(topic, calls);
        lags.push(...(await lagOf({ admin, calls, group, from, signal }, topic, partitions)));
      }
      return lags;
    },
    close: () => client.close(),
  };
}

async function partitionsOf(admin: Admin, calls: Calls, name: string, signal: AbortSignal) {
  try {
    const asked = () => admin.metadata({ topics: [name], forceUpdate: true, retries: 0 });
    return (await calls.call(asked, { signal })).topics.get(name)?.partitionsCount;
  } catch (error) {
    if (isMissingTopic(error)) return undefined;
    throw error;
  }
}

/** A new topic exists before all its partitions have leaders; a chunk published then may be written twice in part. */
async function untilReady(admin: Admin, calls: Calls, name: string, outer: AbortSignal) {
  using limit = timeLimit(outer, CREATE_LIMIT_MS);
  const { signal } = limit;
  while (!(await isReady({ admin, calls, signal }, name))) {
    await sleep(POLL_MS, undefined, { signal }).catch((error: unknown) => {
      throw toFault(error, calls);
    });
  }
}

async function isReady(asking: Client, name: string): Promise<boolean> {
  const { admin, calls, signal } = asking;
  try {
    const partitions = await partitionsOf(admin, calls, name, signal);
    if (partitions === undefined) return false;
    await offsetsAt(asking, name, partitions, LATEST);
    return true;
  } catch (error) {
    if (LEADERLESS.some((apiId) => hasApiId(error, apiId))) return false;
    throw error;
  }
}

type Client = { admin: Admin; calls: Calls; signal: AbortSignal };
type Asking = Client & { group: string; from: "earliest" | "latest" };

async function lagOf(asking: Asking, topic: string, count: number): Promise<LaneBacklog[]> {
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  const committed = await committedIn(asking, topic, partitions);
  const starts = await offsetsAt(asking, topic, count, EARLIEST);
  const ends = await offsetsAt(asking, topic, count, LATEST);
  return partitions.map((partition) => {
    const written = ends.get(partition) ?? 0;
    const settled = committed.get(partition) ?? null;
    const start = starts.get(partition) ?? 0;
    // Messages that were removed before the group read them are not lag.
    const initial = asking.from === "latest" ? written : start;
    const next = settled === null ? initial : Math.max(settled, start);
    const lag = Math.max(0, written - next);
    return { stream: topic, lane: String(partition), written, settled, lag };
  });
}

/** One offset per partition, at its start or end. */
async function offsetsAt(
  { admin, calls, signal }: Client,
  name: string,
  count: number,
  timestamp: bigint,
): Promise<Map<number, number>> {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
    partitionIndex,
    timestamp,
  }));
  const listed = () => admin.listOffsets({ topics: [{ name, partitions }] });
  const of = (await calls.call(listed, { signal })).flatMap((one) => one.partitions);
  return new Map(of.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
}

async function committedIn(
  { admin, calls, group, signal }: Asking,
  name: string,
  partitionIndexes: number[],
): Promise<Map<number, number>> {
  const listed = () =>
    admin.listConsumerGroupOffsets({
      groups: [{ groupId: group, topics: [{ name, partitionIndexes }] }],
    });
  const of = (await calls.call(listed, { signal }))
    .flatMap(({ topics }) => topics)
    .flatMap(({ partitions }) => partitions)
    .filter(({ committedOffset }) => committedOffset >= 0n);
  return new Map(of.map((one) => [one.partitionIndex, Number(one.committedOffset)]));
}
