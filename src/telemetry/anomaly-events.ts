import type { AnomalyEvents } from "../ports/events.ts";
import type { WriteEvent } from "./events.ts";

const HOW = {
  back: "it is back to what it usually is",
  accepted: "it has been so for a day, which makes it usual",
  silent: "no more values arrived",
} as const;

export function anomalyEvents(log: WriteEvent): AnomalyEvents {
  return {
    anomalyBegan: ({ series, sentence }) =>
      log("warn", "anomaly-began", `Unusual: ${sentence}`, { "log_vectorizer.series": series }),
    anomalyEnded: ({ series, sentence, how }) =>
      log("info", "anomaly-ended", `No longer unusual: ${HOW[how]} (${sentence})`, {
        "log_vectorizer.series": series,
      }),
  };
}
