import type { Clock } from "../ports/clock.ts";
import type { ConsumerTally, Consuming } from "../ports/consuming-events.ts";
import type { Events } from "../ports/events.ts";
import type { LogSource, SourceMessage, Subscribing, UnreadBatch } from "../ports/log-source.ts";
import type { Target } from "../ports/log-store.ts";
import type { Publisher } from "../ports/publisher.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";
import { untraced } from "../ports/untraced.ts";
import { createWakeup } from "../concurrency/wakeup.ts";
import type { Attempt } from "./attempt.ts";
import { createBatcher } from "./batcher.ts";
import { createCommits, type Commits } from "./commits.ts";
import { keepSubscribed, type Deliveries } from "./keep-subscribed.ts";
import { createGate } from "./gate.ts";
import { tellPerformance } from "./performance.ts";
import { problem, type Reading, type ReadMessage } from "./reading.ts";
import { createSendLetters } from "./send-letters.ts";
import { createSemaphore } from "../concurrency/semaphore.ts";
import { createTally } from "./tally.ts";
import { createWaitingRoom } from "./waiting-room.ts";
import { createWatermark } from "./watermark.ts";
import { bury, finish, giveUp, tellLeft, workAt } from "./work.ts";
import type { Dead, Ending, Item, WorkDeps } from "./work.ts";

export type ConsumeDeps = {
  who: Consuming;
  source: Pick<LogSource, "subscribe">;
  subscribing: Subscribing;
  read: ReadMessage;
  /** Finds the documents of a batch and gives them their vectors. */
  attempt(targets: readonly Target[], stop: StopSignals): Promise<Attempt>;
  publisher: Pick<Publisher, "publish">;
  mask(text: string): string;
  /** Messages that the group has not finished; null where the broker does not say. */
  lag(signal: AbortSignal): Promise<number | null>;
  clock: Clock;
  events: Events;
  /** Default: nobody. */
  tracer?: Tracer;
  pricePerMillionTokens: number | null;
  settings: {
    batchSize: number;
    batchTimeoutMs: number;
    deadLetterTopic: string;
    /** From one look at a document that is not there to the next; then it is left to the backfill. */
    waitsMs: readonly number[];
  };
};

/** Batches that are worked at side by side: while one is written, others are embedded. */
const BATCHES_AT_ONCE = 4;
/** A batch closes early rather than hold more. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** A larger value becomes a dead letter unread: as text and as objects it takes several times as much. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
const ROOM = { maxRecords: 1000, maxBytes: 16 * 1024 * 1024 };

export type Consumer = {
  /** Reads until asked to stop, then finishes what time allows. Resolves when everything is released; never throws. */
  run(stop: StopSignals): Promise<void>;
  tally(): ConsumerTally;
  /** Records whose document is not there yet. */
  waiting(): number;
};

type Late = { item: Item; ending: Ending };

/** Takes messages into batches, batches to their vectors, and offsets forward over what is finished. */
export function createConsumer(deps: ConsumeDeps): Consumer {
  const { who: source, events } = deps;
  const tally = createTally(deps.pricePerMillionTokens, (outcome, records, kind) =>
    events.recordsEnded({
      source,
      outcomes: { [outcome]: records },
      faults: kind ? { [kind]: records } : {},
    }),
  );
  const room = createWaitingRoom<Late>(ROOM);
  return {
    tally: tally.sums,
    waiting: () => room.size,
    run: (stop) => new Run(deps, tally, room, stop).untilStopped(),
  };
}

class Run {
  readonly #deps: ConsumeDeps;
  readonly #tally: ReturnType<typeof createTally>;
  readonly #room: ReturnType<typeof createWaitingRoom<Late>>;
  readonly #stop: StopSignals;
  readonly #work: WorkDeps;
  readonly #deliveries: Deliveries;
  readonly #watermark = createWatermark();
  readonly #commits: Commits;
  readonly #slots = createSemaphore(BATCHES_AT_ONCE);
  readonly #batcher: ReturnType<typeof createBatcher<Item>>;
  readonly #roomChanged: ReturnType<typeof createWakeup>;
  readonly #running = new Set<Promise<void>>();
  readonly #now: () => number;

  constructor(
    deps: ConsumeDeps,
    tally: ReturnType<typeof createTally>,
    room: ReturnType<typeof createWaitingRoom<Late>>,
    stop: StopSignals,
  ) {
    const { who, clock, events, settings } = deps;
    const topic = settings.deadLetterTopic;
    this.#deps = deps;
    this.#tally = tally;
    this.#room = room;
    this.#stop = stop;
    this.#roomChanged = createWakeup(clock);
    this.#now = steadyClock(clock);
    this.#deliveries = keepSubscribed(deps, {
      lost: (what) => events.sourceLost({ who, ...what }),
      back: () => events.sourceBack({ who }),
    });
    const { everything } = stop;
    this.#commits = createCommits(
      { who, clock, events, watermark: this.#watermark, deliveries: this.#deliveries },
      everything,
    );
    this.#batcher = createBatcher(
      {
        maxRecords: settings.batchSize,
        maxBytes: MAX_BATCH_BYTES,
        maxAgeMs: settings.batchTimeoutMs,
      },
      clock,
      (batch) => this.#start(batch),
    );
    this.#work = {
      ...deps,
      tracer: deps.tracer ?? untraced,
      group: deps.subscribing.group,
      tally,
      letterTopic: topic,
      letters: createSendLetters({ publisher: deps.publisher, topic, clock, events }),
      gate: createGate(clock, {
        closed: (what) => events.enrichingPaused({ who, ...what }),
        opened: () => events.enrichingGoesOn({ who }),
      }),
      wait: (item, ending) => this.#wait(item, ending),
    };
  }

  async untilStopped(): Promise<void> {
    const { who, events, subscribing, clock } = this.#deps;
    const stop = this.#stop;
    events.consumingStarted({ who, topics: subscribing.topics, group: subscribing.group });
    const { lag } = this.#deps;
    const beside = [
      this.#commits.regularly(stop.requested),
      this.#lookAgain(),
      tellPerformance(
        { who, clock, events, lag, tally: this.#tally, waiting: () => this.#room.size },
        stop,
      ),
    ];
    while (!stop.requested.aborted) await this.#survive(() => this.#takeIn());
    await this.#survive(() => this.#batcher.flush());
    await Promise.all(beside);
    await Promise.all(this.#running);
    await this.#commits.now();
    // Told before the group is left, which a broker that is away can make last until the process must be gone.
    events.consumingEnded({ who, tally: this.#tally.sums() });
    await this.#survive(() => this.#deliveries.close());
  }

  /** A mistake of ours must not end the process, nor spin. */
  async #survive(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#deps.events.failedUnexpectedly({ who: this.#deps.who, error });
      await this.#deps.clock.sleep(1000, this.#stop.requested);
    }
  }

  async #takeIn(): Promise<void> {
    const { requested } = this.#stop;
    const delivery = await this.#deliveries.next(requested);
    if (!delivery) return;
    if (delivery.kind === "assigned") {
      this.#watermark.assign(delivery.partitions);
      const { partitions } = delivery;
      this.#deps.events.partitionsAssigned({ who: this.#deps.who, partitions });
      return;
    }
    // Letters may have got stuck while this was waited for.
    await this.#work.letters.goesOn(requested);
    const dead: Dead[] = [];
    for (const message of delivery.messages) {
      if (requested.aborted) break;
      const gathering = this.#takeMessage(message, dead);
      if (gathering) await gathering;
    }
    if (dead.length > 0) await bury(this.#work, dead, this.#stop);
  }

  /** What is passed over is done with at once; only what is kept is copied out of the broker's answer. */
  #takeMessage(message: SourceMessage, dead: Dead[]): Promise<void> | undefined {
    if (this.#watermark.isRepeat(message)) {
      this.#tally.repeated();
      return;
    }
    const { targets, problems, passedOver } = this.#read(message);
    this.#tally.passedOver(passedOver);
    const [first] = problems;
    const open = this.#watermark.take(message, targets.length + (first ? 1 : 0));
    const records = targets.length + problems.length;
    if (!open || records === 0) return;
    this.#tally.took(records);
    const kept = copyOf(message);
    // One letter for the whole message, whose other records go their way.
    if (first) dead.push({ message: kept, open, problem: first, records: problems.length });
    return targets.length > 0 ? this.#gather(kept, targets, open) : undefined;
  }

  #read({ unread, value }: SourceMessage): Reading {
    if (unread) return problem("batch_not_read", sentenceOf(unread));
    if (value === null || value.length <= MAX_VALUE_BYTES) return this.#deps.read(value);
    return problem(
      "too_large",
      `a value of ${value.length} bytes; at most ${MAX_VALUE_BYTES} are read`,
    );
  }

  async #gather(message: SourceMessage, targets: readonly Target[], open: Item["open"]) {
    const bytes = Math.ceil((message.value?.length ?? 0) / Math.max(1, targets.length));
    for (const target of targets) {
      await this.#batcher.add({ target, message, open, bytes, looks: 0 }, bytes);
    }
  }

  /** Resolves when the batch has its place; until then nothing more is read. */
  async #start(batch: readonly Item[]): Promise<void> {
    const giveBack = await this.#slots.acquire(this.#stop.embedding);
    if (!giveBack) {
      giveUp({ tally: this.#tally }, batch);
      return;
    }
    const done = workAt(this.#work, batch, this.#stop)
      .catch((error: unknown) => {
        giveUp({ tally: this.#tally }, batch);
        this.#deps.events.failedUnexpectedly({ who: this.#deps.who, error });
      })
      .finally(() => {
        giveBack();
        this.#running.delete(done);
      });
    this.#running.add(done);
  }

  #wait(item: Item, ending: Ending): boolean {
    const { settings, events, who } = this.#deps;
    const waitMs = settings.waitsMs[item.looks];
    if (waitMs === undefined) return false;
    if (this.#stop.requested.aborted) {
      giveUp({ tally: this.#tally }, [item]);
      return true;
    }
    const late = { item: { ...item, looks: item.looks + 1 }, ending };
    const left = this.#room.add(late, this.#now() + waitMs, item.bytes);
    for (const { item: oldest, ending: why } of left) {
      finish({ tally: this.#tally }, oldest, why);
      this.#work.gate.ended(oldest.target);
      tellLeft({ who, events }, why.outcome, [oldest]);
    }
    this.#roomChanged.notifyAll();
    return true;
  }

  /** Looks again at what waits, whenever something is due. */
  async #lookAgain(): Promise<void> {
    const { settings } = this.#deps;
    const { requested } = this.#stop;
    while (!requested.aborted) {
      const dueAt = this.#room.nextDueAt();
      const leftMs = dueAt && dueAt - this.#now();
      if (leftMs === undefined || leftMs > 0) await this.#roomChanged.sleep(leftMs, requested);
      const due = this.#room.takeDue(this.#now(), settings.batchSize);
      if (due.length > 0) await this.#start(due.map(({ item }) => item));
    }
    giveUp({ tally: this.#tally }, this.#room.clear());
  }
}

function sentenceOf({ firstOffset, lastOffset, reason }: UnreadBatch): string {
  return `the batch of offsets ${firstOffset} to ${lastOffset} was passed over: ${reason}`;
}

/** Bytes of their own: those of the broker's answer would keep the whole of it in memory. */
function copyOf(message: SourceMessage): SourceMessage {
  const copy = (bytes: Buffer | null) => (bytes === null ? null : Buffer.from(bytes));
  return {
    ...message,
    key: copy(message.key),
    value: copy(message.value),
    headers: message.headers.map(([name, value]) => [name, copy(value)] as const),
  };
}
