import { Fault } from "../../../src/domain/faults.ts";
import type { Delivery, GroupOptions, Member } from "../../../src/adapters/kafka/group-member.ts";
import type { KafkaMessage, Partition } from "../../../src/adapters/kafka/messages.ts";
import type { FakeLogs } from "./fake-kafka.ts";

export type FakeGroups = {
  join(what: GroupOptions): Member;
  committed(group: string): Record<string, number>;
  members(group: string): number;
  rebalance(group: string): void;
  breakAll(fault: Fault): void;
  failCommit(fault: Fault | undefined): void;
  /** A topic is gone, and with it what was committed of it. */
  forget(topic: string): void;
  /** Messages have come. */
  wake(): void;
};

type FakeMember = {
  what: GroupOptions;
  held: Partition[];
  /** Not told yet what it holds. */
  untold: boolean;
  /** Offset of the next message, by partition. */
  at: Map<string, number>;
  fault?: Fault;
  left: boolean;
  waiters: Set<() => void>;
};

const MAX_MESSAGES = 500;
const nameOf = ({ topic, partition }: Partition) => `${topic}/${partition}`;

/** Groups that are balanced at once, and anew whenever a member comes or goes. */
export function createFakeGroups(logs: FakeLogs): FakeGroups {
  const groups = new Map<string, { members: Set<FakeMember>; committed: Map<string, number> }>();
  let commitFault: Fault | undefined;

  const groupOf = (name: string) => {
    const known = groups.get(name);
    if (known) return known;
    const made = { members: new Set<FakeMember>(), committed: new Map<string, number>() };
    groups.set(name, made);
    return made;
  };
  const everybody = () => [...groups.values()].flatMap(({ members }) => [...members]);

  function assign(member: FakeMember, held: Partition[], committed: Map<string, number>): void {
    member.held = held;
    member.untold = true;
    member.at = new Map();
    for (const partition of held) {
      const name = nameOf(partition);
      const end = logs.partitions(partition.topic)?.[partition.partition]?.length ?? 0;
      // A start at the end is kept, or it would be another one the next time.
      if (member.what.from === "latest" && !committed.has(name)) committed.set(name, end);
      member.at.set(name, committed.get(name) ?? 0);
    }
    wake(member);
  }

  function rebalance(group: string): void {
    const { members, committed } = groupOf(group);
    const shares = new Map([...members].map((member) => [member, [] as Partition[]]));
    for (const topic of new Set([...members].flatMap(({ what }) => what.topics))) {
      const takers = [...members].filter(({ what }) => what.topics.includes(topic));
      for (const partition of (logs.partitions(topic) ?? []).keys()) {
        const taker = takers[partition % takers.length];
        if (taker) shares.get(taker)?.push({ topic, partition });
      }
    }
    for (const [member, held] of shares) assign(member, held, committed);
  }

  function messagesFor(member: FakeMember): KafkaMessage[] {
    const messages: KafkaMessage[] = [];
    for (const partition of member.held) {
      const name = nameOf(partition);
      const from = member.at.get(name) ?? 0;
      const log = logs.partitions(partition.topic)?.[partition.partition] ?? [];
      const some = log.slice(from, from + MAX_MESSAGES - messages.length);
      member.at.set(name, from + some.length);
      messages.push(...some);
    }
    return messages;
  }

  function deliveryFor(member: FakeMember): Delivery | undefined {
    if (member.untold) {
      member.untold = false;
      return { kind: "assigned", partitions: member.held };
    }
    const messages = messagesFor(member);
    return messages.length > 0 ? { kind: "messages", messages } : undefined;
  }

  function leave(member: FakeMember): void {
    if (member.left) return;
    member.left = true;
    wake(member);
    const { members } = groupOf(member.what.group);
    if (members.delete(member)) rebalance(member.what.group);
  }

  return {
    join(what) {
      const member: FakeMember = {
        what,
        held: [],
        untold: false,
        at: new Map(),
        left: false,
        waiters: new Set(),
      };
      const { members, committed } = groupOf(what.group);
      members.add(member);
      rebalance(what.group);
      return {
        async next(signal) {
          for (;;) {
            if (signal.aborted || member.left) return undefined;
            if (member.fault) throw member.fault;
            const delivery = deliveryFor(member);
            if (delivery) return delivery;
            await waitFor(member, signal);
          }
        },
        async commit(positions, signal) {
          if (positions.length === 0) return;
          if (member.left) throw new Fault("outage", "Kafka at fake:9092: stopped");
          logs.enter(signal);
          if (commitFault) throw commitFault;
          const held = new Set(member.held.map(nameOf));
          for (const position of positions) {
            const name = nameOf(position);
            const before = committed.get(name) ?? 0;
            if (held.has(name)) committed.set(name, Math.max(before, position.offset));
          }
        },
        async [Symbol.asyncDispose]() {
          leave(member);
        },
      };
    },
    committed: (group) => Object.fromEntries(groupOf(group).committed),
    members: (group) => groupOf(group).members.size,
    rebalance,
    breakAll(fault) {
      for (const member of everybody()) {
        member.fault = fault;
        wake(member);
      }
    },
    failCommit(fault) {
      commitFault = fault;
    },
    forget(topic) {
      for (const { committed } of groups.values()) {
        for (const name of committed.keys()) {
          if (name.startsWith(`${topic}/`)) committed.delete(name);
        }
      }
    },
    wake() {
      for (const member of everybody()) wake(member);
    },
  };
}

function wake(member: FakeMember): void {
  for (const waiter of member.waiters) waiter();
}

function waitFor(member: FakeMember, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      member.waiters.delete(done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    member.waiters.add(done);
    signal.addEventListener("abort", done, { once: true });
  });
}
