import { otherModelsLine, REEMBED } from "../domain/other-models.ts";
import type { Events } from "../ports/events.ts";
import type { WriteEvent } from "./events.ts";
import { withStop } from "./failure.ts";
import { count, reembedLine } from "./phrases.ts";

/** `state`: counts the failures that a run has named. */
export function reembedEvents(log: WriteEvent, state: { failuresNamed: number }) {
  return {
    otherModelsFound: (found) =>
      log("warn", "other-models-found", otherModelsLine(found), {
        "log_vectorizer.other_models": found,
      }),
    otherDimensionsFound: ({ line }) => log("warn", "other-dimensions-found", line),
    otherKeysFound: ({ line }) => log("warn", "other-keys-found", line),
    reembedStarted({ found, model }) {
      state.failuresNamed = 0;
      const text = `Re-embedding started: ${count(found, "record")} to get a vector of ${model}, newest first`;
      log("info", "reembed-started", text, { "log_vectorizer.found": found });
    },
    reembedEnded({ summary, reason }) {
      if (reason) {
        const left = summary.left === null ? "Records are" : count(summary.left, "record");
        const rest = `${left} left with an old vector: ${REEMBED} continues with them`;
        log("warn", "reembed-ended-early", `Re-embedding ended early: ${withStop(reason)} ${rest}`);
      }
      log("info", "reembed-ended", reembedLine(summary), {
        "event.duration": Math.round(summary.duration_ms * 1e6),
        "log_vectorizer.reembed": summary,
      });
    },
  } satisfies Partial<Events>;
}
