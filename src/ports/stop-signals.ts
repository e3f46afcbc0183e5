/** The stages of a shutdown, in order. */
export type StopSignals = {
  /** Start nothing new. */
  requested: AbortSignal;
  /** Abort embedding requests; write the vectors that have arrived. */
  embedding: AbortSignal;
  /** Abort everything. */
  everything: AbortSignal;
};
