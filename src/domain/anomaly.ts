/** The series checked for anomalies: durations, and the number of failed records. */
export const SERIES = ["select", "embed", "write", "cycle", "search", "errors"] as const;
export type Series = (typeof SERIES)[number];

/** A value outside its usual range at this hour. */
export type Anomaly = {
  series: Series;
  /** ISO 8601, UTC. */
  since: string;
  /** For a person: "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC". */
  sentence: string;
  /** For `errors` records a minute, for all others milliseconds; so is the range in `usual`. */
  value: number;
  usual: [low: number, high: number];
};
