/** A monotonic clock made of a wall clock: milliseconds that never decrease; only differences are meaningful. */
export function steadyClock(clock: { now(): number }): () => number {
  let last = clock.now();
  let offsetMs = 0;
  return () => {
    const now = clock.now();
    if (now < last) offsetMs += last - now;
    last = now;
    return now + offsetMs;
  };
}
