/** What is watched for anomalies: how long things take, and how many records fail. */
export const SERIES = ["select", "embed", "write", "cycle", "search", "errors"] as const;
export type Series = (typeof SERIES)[number];

/** Something that is away from what is usual at this hour. */
export type Anomaly = {
  series: Series;
  /** ISO 8601, UTC. */
  since: string;
  /** For a person: "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC". */
  sentence: string;
  /** Of `errors` records a minute, of all others milliseconds; so are both ends of what is usual. */
  value: number;
  usual: [low: number, high: number];
};
