import type { StopSignals } from "../ports/stop-signals.ts";

/** From the first signal: the write of what is embedded must fit between the first two, the release into the rest. */
const EMBEDDING_MS = 5000;
const EVERYTHING_MS = 7000;
const EXIT_MS = 7600;

type Signals = {
  on(signal: "SIGINT" | "SIGTERM", listener: (signal: string) => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: (signal: string) => void): unknown;
  exit(code: number): void;
};

/**
 * Turns SIGTERM and SIGINT into the three stages of a shutdown; the process is gone within 8 s whatever hangs. A second
 * signal ends it at once.
 */
export function watchSignals(
  process: Signals,
  onStop: (signal: string) => void,
): StopSignals & Disposable {
  const requested = new AbortController();
  const embedding = new AbortController();
  const everything = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const stop = (signal: string) => {
    if (requested.signal.aborted) {
      process.exit(signal === "SIGINT" ? 130 : 143);
      return;
    }
    onStop(signal);
    const later = (ms: number, action: () => void) => timers.push(setTimeout(action, ms).unref());
    later(EMBEDDING_MS, () => embedding.abort());
    later(EVERYTHING_MS, () => everything.abort());
    later(EXIT_MS, () => process.exit(0));
    requested.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    requested: requested.signal,
    embedding: embedding.signal,
    everything: everything.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      timers.forEach(clearTimeout);
    },
  };
}
