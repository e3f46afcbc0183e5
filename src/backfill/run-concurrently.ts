import { createSemaphore } from "../concurrency/semaphore.ts";

type Parts<T> = {
  next(): Promise<T | undefined>;
  work(one: T): Promise<void>;
  concurrency: number;
  /** No further item is fetched while those in flight weigh more than `most`; one is always in flight. */
  weightLimit?: { most: number; weigh(one: T): number };
  signal: AbortSignal;
};

/**
 * Processes one item first and, where that succeeds, several concurrently, until the end, an abort or a failure. Waits
 * for those in flight, then throws the first failure.
 */
export async function runConcurrently<T>(parts: Parts<T>): Promise<void> {
  const { next, work, concurrency, signal, weightLimit } = parts;
  const semaphore = createSemaphore(concurrency);
  const running = new Set<Promise<void>>();
  let weight = 0;
  const isTooMuch = () => weightLimit !== undefined && weight > weightLimit.most;
  const failures: unknown[] = [];
  const start = (one: T, release: () => void) => {
    const own = weightLimit?.weigh(one) ?? 0;
    weight += own;
    const done = work(one)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        weight -= own;
        release();
        running.delete(done);
      });
    running.add(done);
    return done;
  };
  try {
    for (let first = true; failures.length === 0; first = false) {
      const release = await semaphore.acquire(signal);
      while (isTooMuch()) await Promise.race(running);
      const one = release && failures.length === 0 ? await next() : undefined;
      if (!release || one === undefined) break;
      const done = start(one, release);
      if (first) await done;
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
