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

/** A signal that aborts when its parent does, or earlier by `abort`. */
export type LinkedAbort = Disposable & {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
};

/** To be disposed of: a parent that lives long keeps whatever `AbortSignal.any` makes of it, so this one is unlinked. */
export function linkedAbort(parent: AbortSignal): LinkedAbort {
  const own = new AbortController();
  const follow = () => own.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    [Symbol.dispose]: () => parent.removeEventListener("abort", follow),
  };
}
