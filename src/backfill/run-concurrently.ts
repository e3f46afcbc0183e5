type Parts<T> = {
  next(): Promise<T | undefined>;
  work(one: T): Promise<void>;
  /** Waits until another item may be fetched beside those in flight. */
  room(): Promise<void>;
  /** Whether the first item is to succeed before the second one is fetched. */
  firstAlone: boolean;
  signal: AbortSignal;
};

/**
 * Processes items concurrently, each as soon as there is room, until the end, an abort or a failure. Waits for those in
 * flight, then throws the first failure.
 */
export async function runConcurrently<T>(parts: Parts<T>): Promise<void> {
  const { next, work, room, firstAlone, signal } = parts;
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (one: T) => {
    const done = work(one)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(done));
    running.add(done);
    return done;
  };
  try {
    for (let alone = firstAlone; failures.length === 0; alone = false) {
      await room();
      if (signal.aborted || failures.length > 0) break;
      const one = await next();
      if (one === undefined) break;
      const done = start(one);
      if (alone) await done;
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
