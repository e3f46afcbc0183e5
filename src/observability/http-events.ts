import type { Clock } from "../ports/clock.ts";
import type { HttpEvents } from "../ports/events.ts";
import type { Say } from "./events.ts";
import { errorFields, sentence } from "./failure.ts";

/** Refused requests that are named each minute; the others at level debug, or a stranger could fill the disk. */
const NAMED_REFUSALS = 10;
const MINUTE_MS = 60_000;

/** Events of the HTTP server. The logger adds the id of the request. */
export function httpEvents(say: Say, clock: Pick<Clock, "now">): HttpEvents {
  let named = { minute: -1, refusals: 0 };
  const refusalLevel = () => {
    const minute = Math.floor(clock.now() / MINUTE_MS);
    if (minute !== named.minute) named = { minute, refusals: 0 };
    return named.refusals++ < NAMED_REFUSALS ? "warn" : "debug";
  };
  const levelOf = (method: string, status: number) => {
    if (status >= 400) return refusalLevel();
    return method === "GET" || method === "HEAD" ? "debug" : "info";
  };
  return {
    httpStarted({ url, open }) {
      const who = open ? "open to this machine alone" : "a token is required";
      say("info", "http-started", `HTTP at ${url}, ${who}`, { "url.full": url });
    },
    tokenGenerated({ pageUrl, token }) {
      const text = `Page: ${pageUrl} · sign in with the generated token ${token} (set HTTP_TOKEN to choose your own)`;
      say("info", "token-generated", text, { "url.full": pageUrl });
    },
    httpUnavailable: ({ problem }) =>
      say("warn", "http-unavailable", `Going on without HTTP: ${problem}`),
    requestEnded({ method, route, status, durationMs, reason }) {
      const why = reason === undefined ? "" : `: ${reason}`;
      say(levelOf(method, status), "request-ended", `${method} ${route} ${status}${why}`, {
        "http.request.method": method,
        "http.response.status_code": status,
        "url.path": route,
        "event.duration": Math.round(durationMs * 1e6),
      });
    },
    requestFailed({ method, route, error }) {
      const text = `${method} ${route} failed unexpectedly: ${sentence(error)}`;
      say("error", "request-failed", text, errorFields(error));
    },
  };
}
