/** One of several processes leads; during a hand-over two may believe that they do. */
export type LeaderElection = {
  /** Takes part. Throws a Fault. */
  campaign(signal: AbortSignal): Promise<Candidacy>;
};

/** Its disposal gives up the lead, so that another process takes over at once. */
export type Candidacy = AsyncDisposable & {
  /** Whether this process leads, at first and after each change; undefined once the signal aborts. Throws a Fault. */
  next(signal: AbortSignal): Promise<boolean | undefined>;
};
