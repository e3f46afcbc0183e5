import type { Clock } from "../ports/clock.ts";
import type { Lane, ReaderObserver } from "../ports/message-stream.ts";

const STORE_EVERY_MS = 1000;

type LanePosition<P> = Lane & { position: P };

type Deps<P> = {
  /** Negative where `a` comes before `b` in their lane. */
  compare(a: P, b: P): number;
  /**
   * Stores that every message up to each position, and the one there, is settled. False where no lane is assigned at the
   * moment. Throws a Fault.
   */
  store(settled: readonly LanePosition<P>[]): Promise<boolean>;
  clock: Clock;
  observer: Pick<ReaderObserver, "checkpointFailed">;
};

/** A message in progress. `signal` aborts when its lane is taken from the reader. */
export type Tracked = { signal: AbortSignal; settle: () => void };

/**
 * Per lane the contiguous settled head: every message up to it is settled, in whatever order they were. It is stored every
 * second and at the disposal. Holds one entry per unsettled message.
 */
export type OrderedCheckpoints<P> = AsyncDisposable & {
  /** Takes over the current assignment and forgets the lanes that are not in it. */
  assign(lanes: readonly Lane[]): void;
  /**
   * Undefined for a message that was tracked already, or of a lane that is not assigned. A position before all those
   * that may come again means that the stream was recreated or the group was reset: the lane starts afresh.
   */
  track(stream: string, lane: string, position: P): Tracked | undefined;
};

type Open<P> = { before: P | undefined };

type Head<P> = {
  readonly lane: Lane;
  readonly taken: AbortController;
  first?: P;
  /** The last tracked one. */
  last?: P;
  stored?: P;
  /** Unsettled messages, in order. */
  readonly open: Set<Open<P>>;
};

export function createOrderedCheckpoints<P>(deps: Deps<P>): OrderedCheckpoints<P> {
  const { compare, store, clock, observer } = deps;
  /** By stream and lane. */
  let heads = new Map<string, Map<string, Head<P>>>();
  let fails = false;
  const closing = new AbortController();

  /** False where it failed. */
  const save = async (): Promise<boolean> => {
    const moved = [...heads.values()]
      .flatMap((of) => [...of.values()])
      .flatMap((head) => {
        const position = settledIn(head);
        return position === undefined || position === head.stored ? [] : [{ head, position }];
      });
    if (moved.length === 0) return true;
    try {
      const settled = moved.map(({ head, position }) => ({ ...head.lane, position }));
      if (!(await store(settled))) return true;
      for (const { head, position } of moved) head.stored = position;
      fails = false;
    } catch (error) {
      if (!fails) observer.checkpointFailed(error);
      fails = true;
    }
    return !fails;
  };
  const saveUntilClosed = async () => {
    let worked = true;
    while (!closing.signal.aborted) {
      await clock.sleep(STORE_EVERY_MS, closing.signal);
      worked = closing.signal.aborted || (await save());
    }
    return worked;
  };
  const saving = saveUntilClosed();

  const isKnown = ({ first, last, stored }: Head<P>, position: P): boolean => {
    if (last === undefined || first === undefined || compare(position, last) > 0) return false;
    // What is stored is never delivered again.
    return stored === undefined ? compare(position, first) >= 0 : compare(position, stored) > 0;
  };

  return {
    assign(lanes) {
      const before = heads;
      heads = new Map();
      for (const { stream, lane } of lanes) {
        const known = before.get(stream)?.get(lane);
        const of = heads.get(stream) ?? new Map<string, Head<P>>();
        heads.set(stream, of.set(lane, known ?? headOf({ stream, lane }, new AbortController())));
        before.get(stream)?.delete(lane);
      }
      for (const of of before.values()) for (const { taken } of of.values()) taken.abort();
    },
    track(stream, lane, position) {
      const of = heads.get(stream);
      let head = of?.get(lane);
      if (!of || !head || isKnown(head, position)) return undefined;
      if (head.last !== undefined && compare(position, head.last) <= 0) {
        head = headOf(head.lane, head.taken);
        of.set(lane, head);
      }
      const { open } = head;
      const own: Open<P> = { before: head.last };
      head.first ??= position;
      head.last = position;
      open.add(own);
      return { signal: head.taken.signal, settle: () => void open.delete(own) };
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      // Where the last one has just failed, another try would only hold up the stop.
      if (await saving) await save();
    },
  };
}

function headOf<P>(lane: Lane, taken: AbortController): Head<P> {
  return { lane, taken, open: new Set() };
}

/** The position up to which everything is settled; undefined before the first. */
function settledIn<P>({ open, last }: Head<P>): P | undefined {
  const [first] = open;
  return first ? first.before : last;
}
