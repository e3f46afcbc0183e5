import { createMinuteCounts } from "../domain/minute-counts.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpEvents, RequestEnded } from "../ports/events.ts";
import type { WriteEvent } from "./events.ts";
import { errorFields, sentence } from "./failure.ts";
import type { LogLevel } from "./logger.ts";

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
