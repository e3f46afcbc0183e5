import type { AlertEvents, AnomalyEvents } from "../ports/events.ts";
import type { WriteEvent } from "./events.ts";
import { errorFields, sentence } from "./failure.ts";

const NAME = { slack: "Slack", webhook: "ALERT_WEBHOOK_URL", email: "e-mail" } as const;

export function alertEvents(log: WriteEvent): AlertEvents {
  return {
    alertSent({ channel, result, subject }) {
      const fields = { "log_vectorizer.channel": channel, "log_vectorizer.result": result };
      if (result === "sent") {
        return log("info", "alert-sent", `Alert sent by ${NAME[channel]}: ${subject}`, fields);
      }
      const what = result === "failed" ? "could not be sent" : "was dropped unsent";
      // The cause is logged by alert-channel-failed.
      log("info", `alert-${result}`, `Alert ${what} by ${NAME[channel]}: ${subject}`, fields);
    },
    alertChannelFailed: ({ channel, fault }) =>
      log(
        "warn",
        "alert-channel-failed",
        `Alerts cannot be sent by ${NAME[channel]}: ${sentence(fault)}`,
        { ...errorFields(fault), "log_vectorizer.channel": channel },
      ),
    alertChannelBack: ({ channel }) =>
      log("info", "alert-channel-back", `Alerts are sent by ${NAME[channel]} again`, {
        "log_vectorizer.channel": channel,
      }),
    failedInBackground: ({ what, error }) =>
      log("error", `${what}-failed-unexpectedly`, `Alerts: ${sentence(error)}`, errorFields(error)),
  };
}

const HOW = {
  back: "it is back in its usual range",
  accepted: "it has lasted for a day and now counts as usual",
  silent: "no more values arrived",
} as const;

export function anomalyEvents(log: WriteEvent): AnomalyEvents {
  return {
    anomalyBegan: ({ series, sentence: what }) =>
      log("warn", "anomaly-began", `Unusual: ${what}`, { "log_vectorizer.series": series }),
    anomalyEnded: ({ series, sentence: what, how }) =>
      log("info", "anomaly-ended", `No longer unusual: ${HOW[how]} (${what})`, {
        "log_vectorizer.series": series,
      }),
  };
}
