/** A signal that aborts with another one or when time is up. */
export type TimeLimit = Disposable & { signal: AbortSignal; timedOut(): boolean };

/**
 * Disposing it lets go of both at once. A composite of AbortSignal.timeout holds on to the whole request until its time
 * is up: a minute of answers, in a drain.
 */
export function timeLimit(outer: AbortSignal, ms: number): TimeLimit {
  const controller = new AbortController();
  let timedOut = false;
  const abort = () => controller.abort(outer.reason);
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, ms);
  outer.addEventListener("abort", abort, { once: true });
  if (outer.aborted) abort();
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer.removeEventListener("abort", abort);
    },
  };
}
