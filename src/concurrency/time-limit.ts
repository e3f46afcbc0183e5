import { linkedAbort } from "./linked-abort.ts";

export type TimeLimit = Disposable & { signal: AbortSignal; timedOut(): boolean };

/**
 * A signal that aborts with `outer` or after `ms`. Disposing releases both at once: a parent that lives as long as the
 * process would keep something of every `AbortSignal.any` with an `AbortSignal.timeout`.
 */
export function timeLimit(outer: AbortSignal, ms: number): TimeLimit {
  const linked = linkedAbort(outer);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    linked.abort(undefined);
  }, ms);
  return {
    signal: linked.signal,
    timedOut: () => timedOut,
    [Symbol.dispose]() {
      clearTimeout(timer);
      linked[Symbol.dispose]();
    },
  };
}
