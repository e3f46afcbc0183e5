import { createSlots } from "../slots.ts";

type Parts<T> = {
  /** Undefined where there is no more to do. */
  next(): Promise<T | undefined>;
  work(one: T): Promise<void>;
  /** At most so many are under way. */
  atOnce: number;
  signal: AbortSignal;
};

/**
 * Works at one thing alone, and where that went well at several side by side, until there is no more, the signal aborts, or
 * one of them fails. Resolves when none is under way any more. Throws what the first that failed threw.
 */
export async function sideBySide<T>({ next, work, atOnce, signal }: Parts<T>): Promise<void> {
  const slots = createSlots(atOnce);
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (one: T, giveBack: () => void) => {
    const done = work(one)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        giveBack();
        running.delete(done);
      });
    running.add(done);
    return done;
  };
  try {
    for (let first = true; failures.length === 0; first = false) {
      const giveBack = await slots.take(signal);
      const one = giveBack && failures.length === 0 ? await next() : undefined;
      if (!giveBack || one === undefined) break;
      const done = start(one, giveBack);
      if (first) await done;
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
