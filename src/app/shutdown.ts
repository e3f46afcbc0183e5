import type { StopSignals } from "../ports/stop-signals.ts";

/** From the first signal: the write of what is embedded must fit between the first two, the release into the rest. */
const EMBEDDING_MS = 5000;
const EVERYTHING_MS = 7000;
const EXIT_MS = 7600;

/** Shells report a command that a signal ended so: 128 and the signal's number. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

export type WatchedProcess = {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  exit(code: number): void;
};

/** `signal`: the first that came. */
export type Watched = StopSignals & Disposable & { readonly signal: StopSignal | undefined };

/**
 * Turns SIGTERM and SIGINT into the three stages of a shutdown. Work that hangs nevertheless is cut off within 8 s, and a
 * second signal ends the process at once: both with the exit code of the signal.
 */
export function watchSignals(
  process: WatchedProcess,
  onStop: (signal: StopSignal) => void,
): Watched {
  const requested = new AbortController();
  const embedding = new AbortController();
  const everything = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let first: StopSignal | undefined;
  const stop = (signal: StopSignal) => {
    if (first !== undefined) {
      process.exit(SIGNAL_EXIT_CODES[signal]);
      return;
    }
    first = signal;
    onStop(signal);
    const later = (ms: number, action: () => void) => timers.push(setTimeout(action, ms).unref());
    later(EMBEDDING_MS, () => embedding.abort());
    later(EVERYTHING_MS, () => everything.abort());
    later(EXIT_MS, () => process.exit(SIGNAL_EXIT_CODES[signal]));
    requested.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    requested: requested.signal,
    embedding: embedding.signal,
    everything: everything.signal,
    get signal() {
      return first;
    },
    [Symbol.dispose]() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      timers.forEach(clearTimeout);
    },
  };
}
