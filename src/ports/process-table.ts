/** Identifies a process, so that another one on the same machine can tell whether it still runs. */
export type ProcessIdentity = {
  pid: number;
  host: string;
  /** The namespace within which process ids are unique; null where the system has none. */
  namespace: string | null;
  /** Start time as the system counts it, because process ids are reused; null where it cannot be read. */
  start: string | null;
};

/** `unknown`: on another host, in another container, or not visible to this process. */
export type Liveness = "running" | "gone" | "unknown";

export type ProcessTable = {
  self(): ProcessIdentity;
  livenessOf(process: ProcessIdentity): Liveness;
};
