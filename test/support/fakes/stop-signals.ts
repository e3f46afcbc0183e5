import type { StopSignals } from "../../../src/ports/stop-signals.ts";

export type ManualStop = {
  signals: StopSignals;
  /** The first stage: start nothing new. */
  request(): void;
  /** The second: wait for no embedder. */
  embedding(): void;
};

/** The stages of a shutdown, each set off by hand. */
export function createManualStop(): ManualStop {
  const requested = new AbortController();
  const embedding = new AbortController();
  const everything = new AbortController();
  return {
    signals: {
      requested: requested.signal,
      embedding: embedding.signal,
      everything: everything.signal,
    },
    request: () => requested.abort(),
    embedding: () => embedding.abort(),
  };
}
