import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../../src/domain/faults.ts";
import type { DeadLetters } from "../../src/ports/dead-letters.ts";
import type {
  Lane,
  MessageStream,
  ReadOptions,
  StoredMessage,
  StreamMessage,
} from "../../src/ports/message-stream.ts";

/** A stream and the hands of those who write into it. */
export type StreamUnderTest = {
  stream: MessageStream;
  deadLetters(name: string): DeadLetters;
  /** A name that nothing else has: of a stream that is not there yet, or of a group. */
  name(short: string): string;
  createStream(name: string, lanes: number, signal: AbortSignal): Promise<void>;
  /** Appends messages with these texts to the lane of that number. */
  produce(stream: string, lane: number, texts: readonly string[]): Promise<void>;
};

export type CreateStream = (t: TestContext) => Promise<StreamUnderTest>;

/** Longer than any group takes to settle, also on a busy machine. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 20;
const RETRY_MS = 100;

/** A reader that reads on by itself, and what came of it. */
export type Reading = {
  /** After each change. */
  readonly lanes: readonly string[] | undefined;
  readonly messages: readonly StreamMessage[];
  readonly repeated: number;
  readonly failed: readonly unknown[];
  /** Resolves once it holds. */
  until(holds: () => boolean): Promise<void>;
  /** As many messages, counted from the first one. */
  take(count: number): Promise<StreamMessage[]>;
  close(): Promise<void>;
};

export type Subject = Omit<StreamUnderTest, "createStream"> & {
  signal: AbortSignal;
  /** Says its whole name. */
  createStream(short: string, lanes: number): Promise<string>;
  /** Closed at the end of the test, if not before. */
  read(what: ReadOptions): Reading;
};

export async function subjectOf(t: TestContext, create: CreateStream): Promise<Subject> {
  const made = await create(t);
  const signal = AbortSignal.any([t.signal, AbortSignal.timeout(PATIENCE_MS)]);
  return {
    ...made,
    signal,
    async createStream(short, lanes) {
      const name = made.name(short);
      await made.createStream(name, lanes, signal);
      return name;
    },
    read(what) {
      const reading = readOn(made.stream, what, signal);
      t.after(() => reading.close());
      return reading;
    },
  };
}

/** `retries`: reads on after an outage, as the service does. */
export function readOn(
  stream: MessageStream,
  what: ReadOptions,
  signal: AbortSignal,
  { retries = false } = {},
): Reading {
  const state = {
    lanes: undefined as readonly string[] | undefined,
    messages: [] as StreamMessage[],
    repeated: 0,
    failed: [] as unknown[],
    fault: undefined as unknown,
  };
  const reader = stream.open(
    what,
    {
      assigned: (lanes) => (state.lanes = namesOf(lanes)),
      repeated: (messages) => (state.repeated += messages),
      checkpointFailed: (error) => state.failed.push(error),
    },
    signal,
  );
  const reading = (async () => {
    for (;;) {
      const messages = await reader.read(signal).catch(async (error: unknown) => {
        if (!retries || !(error instanceof Fault) || error.kind !== "outage") throw error;
        await sleep(RETRY_MS, undefined, { signal });
        return [];
      });
      if (!messages) return;
      if (retries && messages.length === 0) continue;
      assert.notEqual(messages.length, 0);
      state.messages.push(...messages);
    }
  })().catch((error: unknown) => (state.fault = error));
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      if (state.fault) throw state.fault;
      await sleep(LOOK_MS, undefined, { signal });
    }
  };
  return {
    get lanes() {
      return state.lanes;
    },
    get messages() {
      return state.messages;
    },
    get repeated() {
      return state.repeated;
    },
    failed: state.failed,
    until,
    async take(count) {
      await until(() => state.messages.length >= count);
      return state.messages.slice(0, count);
    },
    async close() {
      await reader[Symbol.asyncDispose]();
      await reading;
    },
  };
}

export async function readAllOf(
  deadLetters: Pick<DeadLetters, "read">,
  signal: AbortSignal,
): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for await (const some of deadLetters.read(signal)) messages.push(...some);
  return messages;
}

export function textsOf(messages: readonly StoredMessage[]): string[] {
  return messages.map(({ value }) => String(value));
}

export function namesOf(lanes: readonly Lane[]): string[] {
  return lanes.map(({ stream, lane }) => `${stream}/${lane}`).toSorted();
}

/** What is wrong with a stream that is not there: a setting, and it says which stream. */
export function blames(name: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.kind, "configuration", error.message);
    assert.ok(error.message.includes(name), error.message);
    assert.match(error.hint ?? "", /log-vectorizer init/);
    return true;
  };
}
