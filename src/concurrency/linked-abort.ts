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
