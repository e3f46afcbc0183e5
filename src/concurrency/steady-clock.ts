/** Milliseconds that never go back, whatever becomes of the machine's clock: only differences mean anything. */
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
