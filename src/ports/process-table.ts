/** Which process this is, so that another one on the same machine can tell whether it still runs. */
export type ProcessIdentity = {
  pid: number;
  host: string;
  /** Within which process ids are unique on the host; null where the system has no such thing. */
  namespace: string | null;
  /** When it started, as the system counts it: a process id is given again. null where that cannot be read. */
  start: string | null;
};

/** `unknown`: it is on another host or in another container, or the system does not let us see it. */
export type Liveness = "running" | "gone" | "unknown";

export type ProcessTable = {
  self(): ProcessIdentity;
  livenessOf(process: ProcessIdentity): Liveness;
};
