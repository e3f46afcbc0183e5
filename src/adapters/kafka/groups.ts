import type { Consumer } from "@platformatic/kafka";
import { Fault } from "../../domain/faults.ts";
import type { StoredMessage } from "../../ports/message-stream.ts";
import { boundBatches } from "./bounded-batches.ts";
import type { Calls } from "./calls.ts";
import { clientOptions, type KafkaSettings } from "./client-options.ts";
import { closeClient, ignoreConnectionErrors } from "./clients.ts";
import { GroupMember, type GroupOptions, type JoinGroup } from "./group-member.ts";
import { readAll } from "./read-all.ts";

/**
 * Bytes of one fetch; a larger message still arrives, alone. With 200-byte messages 2 MB take 380 MB of memory and 256
 * KB take 155 MB, at more than 200,000 messages a second each.
 */
const FETCH_MAX_BYTES = 256 * 1024;
const FETCH_MAX_WAIT_MS = 500;
const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 15_000;
/** A member learns of a rebalance by its heartbeat. */
const HEARTBEAT_MS = 1000;

export type Groups = {
  join: JoinGroup;
  /** Every message that the topic holds now, without a group; ends by itself. Throws a Fault. */
  readAll(topic: string, signal: AbortSignal): AsyncIterable<readonly StoredMessage[]>;
  close(): Promise<void>;
};

/**
 * Consumer groups by Kafka's classic protocol. Messages are slices of a whole fetched answer (256 KB or one batch), so
 * a caller that keeps one copies it.
 */
export function createGroups(settings: KafkaSettings, calls: Calls): Groups {
  const members = new Set<GroupMember>();
  let closed = false;

  async function openConsumer({ group, sessionTimeoutMs = SESSION_TIMEOUT_MS }: Grouping) {
    if (closed) throw new Fault("outage", `${calls.at}: closed already`);
    const library = await import("@platformatic/kafka");
    boundBatches(library);
    const { Consumer } = library;
    return new Consumer({
      ...(await clientOptions(settings)),
      groupId: group,
      autocommit: false,
      maxBytes: FETCH_MAX_BYTES,
      maxWaitTime: FETCH_MAX_WAIT_MS,
      // The stream fetches again only after it has returned the whole last answer.
      highWaterMark: 1,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
    });
  }

  /** By another connection, because the member's own is blocked during a rebalance. */
  async function expel(groupId: string, memberId: string): Promise<void> {
    const { Admin } = await import("@platformatic/kafka");
    const admin = new Admin({ ...(await clientOptions(settings)), retries: 0 });
    ignoreConnectionErrors(admin.connections);
    try {
      await admin.removeMembersFromConsumerGroup({ groupId, members: [{ memberId }] });
    } finally {
      await closeClient(admin);
    }
  }

  async function* readTopic(topic: string, signal: AbortSignal) {
    const { IS_CONTROL } = await import("@platformatic/kafka");
    // The group is never created: nothing joins or commits.
    const consumer = await openConsumer({ group: `${settings.clientId}-reader` });
    ignoreConnectionErrors(consumer.connections);
    const deps = { consumer, calls, controlBit: IS_CONTROL, maxBytes: FETCH_MAX_BYTES };
    try {
      yield* readAll(deps, topic, signal);
    } finally {
      await closeClient(consumer);
    }
  }

  return {
    async join(what, signal) {
      const consumer: Consumer = await openConsumer(what);
      const deps = { consumer, calls, expel: (memberId: string) => expel(what.group, memberId) };
      const member = new GroupMember(deps, what);
      members.add(member);
      const leave = async () => {
        members.delete(member);
        await member[Symbol.asyncDispose]();
      };
      try {
        await member.join(signal);
      } catch (error) {
        await leave();
        throw error;
      }
      return {
        next: (until) => member.next(until),
        commit: (positions, until) => member.commit(positions, until),
        [Symbol.asyncDispose]: leave,
      };
    },
    readAll: (topic, signal) => readTopic(topic, signal),
    async close() {
      closed = true;
      await Promise.all([...members].map((member) => member[Symbol.asyncDispose]()));
    },
  };
}

type Grouping = Pick<GroupOptions, "group" | "sessionTimeoutMs">;
