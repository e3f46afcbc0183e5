import type { Series } from "../../domain/anomaly.ts";
import type { Measure } from "./baseline.ts";

type Definition = {
  measure: Measure;
  /** What a minute comes to: the middle of its values, or their sum. */
  minute: "middle" | "sum";
  /** What a person is told of it, round a value with its unit. */
  says: readonly [before: string, after: string];
};

/** In milliseconds. Whether something takes 2 or 6 ms is nobody's concern. */
const TIME = { measure: { soft: 20, leastSpread: 0.1 }, minute: "middle" } as const;

export const DEFINITIONS: Readonly<Record<Series, Definition>> = {
  select: { ...TIME, says: ["finding records takes", ""] },
  embed: { ...TIME, says: ["embedding takes", " a request"] },
  write: { ...TIME, says: ["writing a batch takes", ""] },
  cycle: { ...TIME, says: ["a cycle takes", ""] },
  search: { ...TIME, says: ["a search takes", ""] },
  // One or two are no news where none are usual; twenty are.
  errors: {
    measure: { soft: 3, leastSpread: 0.35 },
    minute: "sum",
    says: ["", " fail per minute of work"],
  },
};
