/** The stages of one shutdown; each aborts later than the one before. */
export type StopSignals = {
  /** Start nothing new. */
  requested: AbortSignal;
  /** Wait for no embedder any longer; write what has arrived. */
  embedding: AbortSignal;
  /** Drop everything. */
  everything: AbortSignal;
};
