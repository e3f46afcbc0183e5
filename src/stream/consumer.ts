import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerTally, ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import type { Target } from "../ports/record-store.ts";
import type {
  Lane,
  MessageStream,
  ReadOptions,
  StreamMessage,
  StreamReader,
} from "../ports/message-stream.ts";
import type { DeadLetters } from "../ports/dead-letters.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";
import { noopTracer } from "../ports/noop-tracer.ts";
import { createWakeup } from "../concurrency/wakeup.ts";
import type { Attempt } from "./attempt.ts";
import { createBatcher, createRetryQueue } from "./batcher.ts";
import { MAX_RECONNECT_WAIT_MS, createRetryGate, type RetryGate } from "./retry-gate.ts";
import { reportPerformance } from "./performance.ts";
import { problem, type Reading, type ReadMessage } from "./reading.ts";
import { createDeadLetterSender } from "./dead-letter-sender.ts";
import { createSemaphore } from "../concurrency/semaphore.ts";
import { createTally } from "./tally.ts";
import {
  sendToDeadLetterTopic,
  complete,
  abandon,
  handleOf,
  reportLeftToBackfill,
  processBatch,
  type RejectedMessage,
  type Ending,
  type PendingRecord,
  type ProcessDeps,
} from "./process-batch.ts";

export type ConsumerDeps = {
  role: ConsumerRole;
  stream: Pick<MessageStream, "name" | "open">;
  reading: ReadOptions;
  read: ReadMessage;
  attempt(targets: readonly Target[], stop: StopSignals): Promise<Attempt>;
  deadLetters: Pick<DeadLetters, "name" | "send">;
  mask(text: string): string;
  /** Messages that the group has not settled; null where that is not known. */
  lag(signal: AbortSignal): Promise<number | null>;
  clock: Clock;
  events: Events;
  tracer?: Tracer;
  pricePerMillionTokens: number | null;
  settings: {
    batchSize: number;
    batchTimeoutMs: number;
    /** Delays before a missing document is looked for again; after the last one it is left to the backfill. */
    retryDelaysMs: readonly number[];
  };
};

/** Concurrent batches: while one is written, others are embedded. */
const MAX_CONCURRENT_BATCHES = 4;
/** A batch is emitted early at this size. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** A larger value becomes a dead letter unparsed, because parsing takes several times its size in memory. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
const RETRY_QUEUE_LIMITS = { maxRecords: 1000, maxBytes: 16 * 1024 * 1024 };

export type Consumer = {
  /** Consumes until a stop is requested, then finishes within the grace period. Never throws. */
  run(stop: StopSignals): Promise<void>;
  tally(): ConsumerTally;
  waiting(): number;
};

type Retry = { item: PendingRecord; ending: Ending };

/** Gathers messages into batches, enriches them, and settles them. */
export function createConsumer(deps: ConsumerDeps): Consumer {
  const { role: source, events } = deps;
  const tally = createTally(deps.pricePerMillionTokens, (outcome, records, kind) =>
    events.recordsEnded({
      source,
      outcomes: { [outcome]: records },
      faults: kind ? { [kind]: records } : {},
    }),
  );
  const retryQueue = createRetryQueue<Retry>(RETRY_QUEUE_LIMITS);
  return {
    tally: tally.sums,
    waiting: () => retryQueue.size,
    run: (stop) => new Run(deps, tally, retryQueue, stop).untilStopped(),
  };
}

class Run {
  readonly #deps: ConsumerDeps;
  readonly #tally: ReturnType<typeof createTally>;
  readonly #retryQueue: ReturnType<typeof createRetryQueue<Retry>>;
  readonly #stop: StopSignals;
  readonly #processDeps: ProcessDeps;
  readonly #reader: StreamReader;
  /** Closed while the stream cannot be read. */
  readonly #connection: RetryGate;
  readonly #semaphore = createSemaphore(MAX_CONCURRENT_BATCHES);
  readonly #batcher: ReturnType<typeof createBatcher<PendingRecord>>;
  readonly #retryQueueChanged: ReturnType<typeof createWakeup>;
  readonly #running = new Set<Promise<void>>();
  readonly #now: () => number;

  constructor(
    deps: ConsumerDeps,
    tally: ReturnType<typeof createTally>,
    retryQueue: ReturnType<typeof createRetryQueue<Retry>>,
    stop: StopSignals,
  ) {
    const { role, clock, events, settings } = deps;
    this.#deps = deps;
    this.#tally = tally;
    this.#retryQueue = retryQueue;
    this.#stop = stop;
    this.#retryQueueChanged = createWakeup(clock);
    this.#now = steadyClock(clock);
    const connectionEvents = {
      closed: (what: { fault: Fault; waitMs: number }) => events.sourceLost({ role, ...what }),
      opened: () => events.sourceBack({ role }),
    };
    this.#connection = createRetryGate(clock, connectionEvents, MAX_RECONNECT_WAIT_MS);
    const observer = {
      assigned: (lanes: readonly Lane[]) => {
        this.#connection.succeeded();
        events.lanesAssigned({ role, lanes });
      },
      repeated: (messages: number) => tally.repeated(messages),
      checkpointFailed(error: unknown) {
        if (error instanceof Fault) events.commitFailed({ role, fault: error });
        else events.failedUnexpectedly({ role, error });
      },
    };
    this.#reader = deps.stream.open(deps.reading, observer, stop.everything);
    this.#batcher = createBatcher(
      {
        maxRecords: settings.batchSize,
        maxBytes: MAX_BATCH_BYTES,
        maxAgeMs: settings.batchTimeoutMs,
      },
      clock,
      (batch) => this.#startBatch(batch),
    );
    this.#processDeps = {
      ...deps,
      tracer: deps.tracer ?? noopTracer,
      system: deps.stream.name,
      group: deps.reading.group,
      tally,
      deadLetters: createDeadLetterSender(deps),
      gate: createRetryGate(clock, {
        closed: (what) => events.consumerPaused({ role, ...what }),
        opened: () => events.consumerResumed({ role }),
      }),
      retryLater: (item, ending) => this.#retryLater(item, ending),
    };
  }

  async untilStopped(): Promise<void> {
    const { role, events, reading, clock, lag } = this.#deps;
    const stop = this.#stop;
    events.consumerStarted({ role, streams: reading.streams, group: reading.group });
    const background = [
      this.#runRetries(),
      reportPerformance(
        { role, clock, events, lag, tally: this.#tally, waiting: () => this.#retryQueue.size },
        stop,
      ),
    ];
    while (!stop.requested.aborted) await this.#survive(() => this.#receive());
    await this.#survive(() => this.#batcher.flush());
    await Promise.all(background);
    await Promise.all(this.#running);
    // Logged before the reader closes, which may last until the process is killed where the broker is down.
    events.consumerEnded({ role, tally: this.#tally.sums() });
    await this.#survive(async () => this.#reader[Symbol.asyncDispose]());
  }

  /** A bug must neither end the process nor cause a busy loop. */
  async #survive(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#deps.events.failedUnexpectedly({ role: this.#deps.role, error });
      await this.#deps.clock.sleep(1000, this.#stop.requested);
    }
  }

  async #receive(): Promise<void> {
    const { requested } = this.#stop;
    const messages = await this.#read(requested);
    if (!messages) return;
    // Dead letters may have been blocked while this process waited for messages.
    await this.#processDeps.deadLetters.waitUntilUnblocked(requested);
    const rejected: RejectedMessage[] = [];
    for (const message of messages) {
      if (requested.aborted) break;
      const gathering = this.#accept(message, rejected);
      if (gathering) await gathering;
    }
    if (rejected.length > 0) await sendToDeadLetterTopic(this.#processDeps, rejected, this.#stop);
  }

  /** Undefined where the connection was lost or a stop was requested. */
  async #read(signal: AbortSignal): Promise<readonly StreamMessage[] | undefined> {
    if (!(await this.#connection.waitForTurn(signal))) return undefined;
    try {
      const messages = await this.#reader.read(signal);
      if (messages) this.#connection.succeeded();
      return messages;
    } catch (error) {
      if (error instanceof Fault) {
        this.#connection.failed(error);
        return undefined;
      }
      this.#connection.inconclusive();
      throw error;
    }
  }

  /** Only wanted messages are copied out of the broker's response. */
  #accept(message: StreamMessage, rejected: RejectedMessage[]): Promise<void> | undefined {
    const { targets, problems, passedOver } = this.#parse(message);
    this.#tally.passedOver(passedOver);
    const [first] = problems;
    const records = targets.length + problems.length;
    if (records === 0) {
      message.settle();
      return;
    }
    const handle = handleOf(message, targets.length + (first ? 1 : 0));
    this.#tally.took(records);
    const copy = copyOf(message);
    // One dead letter per message; its other records are processed.
    if (first) rejected.push({ message: copy, handle, problem: first, records: problems.length });
    return targets.length > 0 ? this.#addToBatch(copy, targets, handle) : undefined;
  }

  #parse({ unread, value }: StreamMessage): Reading {
    if (unread) return problem("batch_not_read", unread.reason);
    if (value === null || value.length <= MAX_VALUE_BYTES) return this.#deps.read(value);
    return problem(
      "too_large",
      `a value of ${value.length} bytes; at most ${MAX_VALUE_BYTES} are read`,
    );
  }

  async #addToBatch(
    message: StreamMessage,
    targets: readonly Target[],
    handle: PendingRecord["handle"],
  ) {
    const bytes = Math.ceil((message.value?.length ?? 0) / Math.max(1, targets.length));
    for (const target of targets) {
      await this.#batcher.add({ target, message, handle, bytes, attempts: 0 }, bytes);
    }
  }

  /** Resolves once the batch has started; until then no further message is read. */
  async #startBatch(batch: readonly PendingRecord[]): Promise<void> {
    const release = await this.#semaphore.acquire(this.#stop.embedding);
    if (!release) {
      abandon({ tally: this.#tally }, batch);
      return;
    }
    const done = processBatch(this.#processDeps, batch, this.#stop)
      .catch((error: unknown) => {
        abandon({ tally: this.#tally }, batch);
        this.#deps.events.failedUnexpectedly({ role: this.#deps.role, error });
      })
      .finally(() => {
        release();
        this.#running.delete(done);
      });
    this.#running.add(done);
  }

  #retryLater(item: PendingRecord, ending: Ending): boolean {
    const { settings, events, role } = this.#deps;
    const waitMs = settings.retryDelaysMs[item.attempts];
    if (waitMs === undefined) return false;
    if (this.#stop.requested.aborted) {
      abandon({ tally: this.#tally }, [item]);
      return true;
    }
    const retry = { item: { ...item, attempts: item.attempts + 1 }, ending };
    const left = this.#retryQueue.add(retry, this.#now() + waitMs, item.bytes);
    for (const { item: oldest, ending: why } of left) {
      complete({ tally: this.#tally }, oldest, why);
      this.#processDeps.gate.forget(oldest.target);
      reportLeftToBackfill({ role, events }, why.outcome, [oldest]);
    }
    this.#retryQueueChanged.notifyAll();
    return true;
  }

  async #runRetries(): Promise<void> {
    const { settings } = this.#deps;
    const { requested } = this.#stop;
    while (!requested.aborted) {
      const dueAt = this.#retryQueue.nextDueAt();
      const leftMs = dueAt && dueAt - this.#now();
      if (leftMs === undefined || leftMs > 0)
        await this.#retryQueueChanged.sleep(leftMs, requested);
      const due = this.#retryQueue.takeDue(this.#now(), settings.batchSize);
      if (due.length > 0) await this.#startBatch(due.map(({ item }) => item));
    }
    abandon({ tally: this.#tally }, this.#retryQueue.clear());
  }
}

/** A copy, because a slice would keep the broker's whole response in memory. */
function copyOf(message: StreamMessage): StreamMessage {
  const copy = (bytes: Buffer | null) => (bytes === null ? null : Buffer.from(bytes));
  return {
    ...message,
    key: copy(message.key),
    value: copy(message.value),
    headers: message.headers.map(([name, value]) => [name, copy(value)] as const),
  };
}
