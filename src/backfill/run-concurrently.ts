import { createSemaphore } from "../concurrency/semaphore.ts";

type Parts<T> = {
  /** Undefined where there is no more to do. */
  next(): Promise<T | undefined>;
  work(one: T): Promise<void>;
  /** At most so many are under way. */
  atOnce: number;
  /** None is fetched while those under way weigh more than this together; one at least is under way. */
  room?: { most: number; weigh(one: T): number };
  signal: AbortSignal;
};

/**
 * Works at one thing alone, and where that went well at several side by side, until there is no more, the signal aborts, or
 * one of them fails. Resolves when none is under way any more. Throws what the first that failed threw.
 */
export async function runConcurrently<T>(parts: Parts<T>): Promise<void> {
  const { next, work, atOnce, signal, room } = parts;
  const slots = createSemaphore(atOnce);
  const running = new Set<Promise<void>>();
  let weight = 0;
  const isTooMuch = () => room !== undefined && weight > room.most;
  const failures: unknown[] = [];
  const start = (one: T, release: () => void) => {
    const own = room?.weigh(one) ?? 0;
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
      const release = await slots.acquire(signal);
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
