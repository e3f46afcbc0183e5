export type TimeLimit = Disposable & { signal: AbortSignal; timedOut(): boolean };

/**
 * A signal that aborts with `outer` or after `ms`. Disposing releases both at once; AbortSignal.timeout would hold a
 * whole request until its time is up.
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
