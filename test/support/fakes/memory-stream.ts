import { createOrderedCheckpoints } from "../../../src/adapters/ordered-checkpoints.ts";
import { createWakeup } from "../../../src/concurrency/wakeup.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { DeadLetters } from "../../../src/ports/dead-letters.ts";
import type {
  MessageStream,
  ReadOptions,
  ReaderObserver,
  StoredMessage,
  StreamReader,
} from "../../../src/ports/message-stream.ts";

const MAX_MESSAGES = 100;

export type MemoryStream = {
  stream: MessageStream;
  /** Kept in a stream of this name. */
  deadLetters(name: string): DeadLetters;
  /** `lanes`: their names. */
  createStream(name: string, lanes: readonly string[]): void;
  produce(stream: string, lane: string, values: readonly (string | null)[]): void;
  messages(stream: string): StoredMessage[];
  /** Positions by "stream/lane". */
  checkpoints(group: string): Record<string, string>;
};

type Group = { owner: object | undefined; stored: Map<string, string> };

/**
 * A stream with names for lanes, letters for positions, no counts and no groups: the latest reader of a name takes all
 * lanes over from the one before.
 */
export function createMemoryStream(clock: Clock): MemoryStream {
  const streams = new Map<string, Map<string, StoredMessage[]>>();
  const groups = new Map<string, Group>();
  const changed = createWakeup(clock);
  let closed = false;
  let last = 0;

  const lanesOf = (name: string) => {
    const found = streams.get(name);
    if (found) return found;
    throw new Fault("configuration", `memory: there is no stream ${name}`, {
      hint: "`log-vectorizer init` creates it.",
    });
  };
  const groupOf = (name: string): Group => {
    const known = groups.get(name) ?? { owner: undefined, stored: new Map<string, string>() };
    groups.set(name, known);
    return known;
  };
  const append = (stream: string, lane: string, message: Omit<StoredMessage, "source">) => {
    // With gaps, so that nobody counts on the next one.
    last += 1 + (last % 3);
    const position = last.toString(36).padStart(6, "0");
    lanesOf(stream)
      .get(lane)
      ?.push({ ...message, source: { stream, lane, position } });
    changed.notifyAll();
  };

  function open(
    { streams: names, group: name, from }: ReadOptions,
    observer: ReaderObserver,
  ): StreamReader {
    const self = {};
    const group = groupOf(name);
    const over = new AbortController();
    let wasOwner = false;
    /** Up to where it was handed out. */
    let read = new Map<string, string>();
    const checkpoints = createOrderedCheckpoints<string>({
      compare: (a, b) => (a < b ? -1 : Number(a > b)),
      clock,
      observer,
      async store(settled) {
        if (group.owner !== self) return false;
        for (const { stream, lane, position } of settled) {
          group.stored.set(`${stream}/${lane}`, position);
        }
        return true;
      },
    });
    const takeOver = () => {
      group.owner = self;
      wasOwner = true;
      const lanes = names.flatMap((stream) =>
        [...lanesOf(stream)].map(([lane, log]) => ({ stream, lane, end: log.at(-1) })),
      );
      for (const { stream, lane, end } of lanes) {
        const key = `${stream}/${lane}`;
        if (from === "latest" && !group.stored.has(key)) {
          group.stored.set(key, end?.source.position ?? "");
        }
      }
      read = new Map(group.stored);
      checkpoints.assign(lanes);
      observer.assigned(lanes.map(({ stream, lane }) => ({ stream, lane })));
      changed.notifyAll();
    };
    const next = () => {
      const logs = names.flatMap((stream) => [...lanesOf(stream).values()]);
      const fresh = logs.flatMap((log) =>
        log.filter(({ source }) => {
          const to = read.get(`${source.stream}/${source.lane}`);
          return to === undefined || source.position > to;
        }),
      );
      return fresh.slice(0, MAX_MESSAGES).flatMap((message) => {
        const { stream, lane, position } = message.source;
        read.set(`${stream}/${lane}`, position);
        const tracked = checkpoints.track(stream, lane, position);
        return tracked ? [{ ...message, ...tracked }] : [];
      });
    };
    return {
      async read(signal) {
        while (!signal.aborted && !over.signal.aborted) {
          if (closed) throw new Fault("outage", "memory: closed already");
          for (const stream of names) lanesOf(stream);
          if (group.owner === undefined || !wasOwner) takeOver();
          else if (group.owner !== self && read.size > 0) {
            read = new Map();
            checkpoints.assign([]);
            observer.assigned([]);
          }
          const messages = group.owner === self ? next() : [];
          if (messages.length > 0) return messages;
          await changed.sleep(undefined, AbortSignal.any([signal, over.signal]));
        }
        return undefined;
      },
      async [Symbol.asyncDispose]() {
        if (over.signal.aborted) return;
        over.abort();
        await checkpoints[Symbol.asyncDispose]();
        if (group.owner === self) group.owner = undefined;
        changed.notifyAll();
      },
    };
  }

  const readers = new Set<StreamReader>();
  return {
    stream: {
      name: "memory",
      open(options, observer) {
        const reader = open(options, observer);
        readers.add(reader);
        return reader;
      },
      async close() {
        for (const reader of readers) await reader[Symbol.asyncDispose]();
        closed = true;
      },
    },
    deadLetters: (name) => ({
      name,
      async send(messages, signal) {
        if (signal.aborted) throw new Fault("outage", "memory: stopped");
        const [lane = ""] = lanesOf(name).keys();
        for (const message of messages) append(name, lane, { ...message, timestamp: clock.now() });
      },
      async *read(signal) {
        const all = [...lanesOf(name).values()].map((log) => [...log]);
        for (const messages of all) {
          if (signal.aborted) throw new Fault("outage", "memory: stopped");
          if (messages.length > 0) yield messages;
        }
      },
    }),
    createStream: (name, lanes) =>
      void streams.set(name, new Map(lanes.map((lane) => [lane, [] as StoredMessage[]]))),
    produce(stream, lane, values) {
      for (const value of values) {
        const bytes = value === null ? null : Buffer.from(value);
        append(stream, lane, { timestamp: clock.now(), key: null, value: bytes, headers: [] });
      }
    },
    messages: (stream) => [...lanesOf(stream).values()].flat(),
    checkpoints: (group) => Object.fromEntries(groupOf(group).stored),
  };
}
