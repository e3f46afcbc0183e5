import type {
  AlertEvents,
  AnomalyEvents,
  ExplainEvents,
  HttpEvents,
  RequestEnded,
  Events,
} from "../ports/events.ts";
import type { WriteEvent } from "./events.ts";
import { errorFields, sentence, withStop } from "./failure.ts";
import { createMinuteCounts } from "../domain/minute-counts.ts";
import type { Clock } from "../ports/clock.ts";
import type { LogLevel } from "./logger.ts";
import { otherModelsLine, REEMBED } from "../domain/other-models.ts";
import { count, reembedLine, seconds, sweepLine } from "./phrases.ts";

const NAME = { slack: "Slack", webhook: "ALERT_WEBHOOK_URL", email: "e-mail" } as const;

const BACKGROUND = { alerts: "Alerts", memory: "The memory of errors" } as const;

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
    memoryFailed: ({ problem, hint }) =>
      log(
        "warn",
        "memory-failed",
        `The memory of errors cannot be used: ${withStop(problem)}${hint === null ? "" : ` ${withStop(hint)}`} Records get their vectors all the same.`,
        {},
      ),
    memoryBack: () => log("info", "memory-back", "The memory of errors can be used again", {}),
    failedInBackground: ({ what, error }) =>
      log(
        "error",
        `${what}-failed-unexpectedly`,
        `${BACKGROUND[what]}: ${sentence(error)}`,
        errorFields(error),
      ),
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

export function explainEvents(log: WriteEvent): ExplainEvents {
  return {
    explained({ model, verdict, claims, dropped, askedMs, tokens, durationMs, fault }) {
      const fields = {
        "log_vectorizer.model": model,
        "log_vectorizer.verdict": verdict,
        "log_vectorizer.claims": claims,
        "log_vectorizer.dropped": dropped,
        "log_vectorizer.requests": askedMs.length,
        "log_vectorizer.tokens": tokens.input + tokens.output,
      };
      const asked = count(askedMs.length, "question");
      const held = `${claims} of ${count(claims + dropped, "sentence")} held`;
      const took = seconds(durationMs);
      if (fault) {
        const text = `An error was explained without ${model}: ${sentence(fault)}`;
        return log("warn", "explained-without-model", text, { ...fields, ...errorFields(fault) });
      }
      const by = model === "none" ? "no language model" : `${model}, ${asked}, ${held}`;
      log("info", "explained", `An error was explained in ${took}: ${verdict}; ${by}`, fields);
    },
  };
}

/**
 * Requests logged per minute, of one client and of all; the others at level debug, so that strangers cannot fill the
 * disk.
 */
const LINES_OF_CLIENT = 15;
const LINES_OF_ALL = 150;
/** Clients counted separately per minute; above it only the total counts. */
const MAX_CLIENTS = 1000;

/** The logger adds the request id. */
export function httpEvents(log: WriteEvent, clock: Pick<Clock, "now">): HttpEvents {
  const allowance = createAllowance(clock);
  return {
    httpStarted({ url, open }) {
      const access = open ? "open to this machine alone" : "a token is required";
      log("info", "http-started", `HTTP at ${url}, ${access}`, { "url.full": url });
    },
    tokenGenerated({ pageUrl, token }) {
      const text = `Page: ${pageUrl} · sign in with ${token}, the generated token (set HTTP_TOKEN to choose your own)`;
      log("info", "token-generated", text, { "url.full": pageUrl });
    },
    httpUnavailable: ({ problem }) =>
      log("warn", "http-unavailable", `Continuing without HTTP: ${problem}`),
    requestEnded(request) {
      const { method, route, client, status, durationMs, bug } = request;
      const wanted = levelOf(request);
      const left = wanted === "debug" ? Infinity : allowance(client);
      const last = left === 1 ? "; more of this client within this minute are at level debug" : "";
      log(left === 0 ? "debug" : wanted, "request-ended", `${outcomeOf(request)}${last}`, {
        "http.request.method": method,
        "http.response.status_code": status,
        "url.path": route,
        "client.address": client,
        "event.duration": Math.round(durationMs * 1e6),
        ...(bug === undefined ? {} : errorFields(bug)),
      });
    },
    pageFailed({ error }) {
      const text = `The page could not be kept up to date: ${inOneLine(sentence(error))}`;
      log("error", "page-failed", text, errorFields(error));
    },
  };
}

function levelOf({ method, status, bug }: RequestEnded): LogLevel {
  if (bug !== undefined) return "error";
  // A browser tab that was closed during the answer is no problem.
  if (status === 499) return "debug";
  if (status >= 400) return "warn";
  return method === "GET" || method === "HEAD" ? "debug" : "info";
}

function outcomeOf({ method, route, client, status, reason, bug }: RequestEnded): string {
  const request = `${method} ${route} from ${client}`;
  if (bug !== undefined) return `${request} failed unexpectedly: ${inOneLine(sentence(bug))}`;
  return `${request} ${status}${reason === undefined ? "" : `: ${reason}`}`;
}

function inOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " | ");
}

/** Counts a line; returns how many the client had left in this minute. */
function createAllowance({ now }: Pick<Clock, "now">): (client: string) => number {
  const lines = createMinuteCounts(now, MAX_CLIENTS);
  return (client) => {
    const left = Math.min(LINES_OF_CLIENT - lines.of(client), LINES_OF_ALL - lines.all());
    if (left <= 0) return 0;
    lines.add(client);
    return left;
  };
}

/** `state`: counts the failures that a run has named. */
export function reembedEvents(log: WriteEvent, state: { failuresNamed: number }) {
  return {
    modelUnknown: ({ fault, waitMs }) =>
      log(
        "warn",
        "model-unknown",
        `EMBEDDING_MODEL is not set, and which model's vectors are there is not known yet: ${withStop(fault.message)} ` +
          `Nothing is embedded until it is; the next try is in ${seconds(waitMs)}`,
        errorFields(fault),
      ),
    defaultModelUnused: ({ detail, impact, action }) =>
      log("warn", "default-model-unused", `${detail}; ${impact}. ${action}`),
    sweepStarted() {
      state.failuresNamed = 0;
      log(
        "info",
        "sweep-started",
        "Sweep started: looking for messages that changed beside their vectors",
      );
    },
    sweepEnded({ summary, reason }) {
      if (reason) log("warn", "sweep-incomplete", `The sweep is incomplete: ${withStop(reason)}`);
      log("info", "sweep-ended", sweepLine(summary), {
        "event.duration": Math.round(summary.duration_ms * 1e6),
        "log_vectorizer.sweep": summary,
      });
    },
    sweepFailed: ({ error }) =>
      log("error", "sweep-failed", `The sweep failed: ${sentence(error)}`, errorFields(error)),
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
