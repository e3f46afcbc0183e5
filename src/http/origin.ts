import type { IncomingHttpHeaders } from "node:http";

type OriginRules = {
  anyHost: boolean;
  corsOrigins: readonly string[];
  /** Whether asking changes and costs nothing. */
  safe: boolean;
};

/**
 * Why a browser's request is not let through: it comes from another site's page (CSRF), or by a name that somebody else
 * has pointed here (DNS rebinding). Undefined where it is, and for callers that are no browser.
 */
export function whyForeign(
  { method, headers }: { method: string; headers: IncomingHttpHeaders },
  { anyHost, corsOrigins, safe }: OriginRules,
): string | undefined {
  const { host = "", origin } = headers;
  if (!anyHost && !isLoopbackName(nameIn(host))) {
    return "Without HTTP_TOKEN only localhost is answered, and not by another name.";
  }
  if (safe && (method === "GET" || method === "HEAD")) return undefined;
  if (origin !== undefined && corsOrigins.includes(origin)) return undefined;
  const site = headers["sec-fetch-site"];
  // Browsers set it, pages cannot; over plain HTTP to another machine they leave it out.
  const same =
    site === undefined ? isSameOrigin(origin, host) : site === "same-origin" || site === "none";
  return same
    ? undefined
    : "Another site's page may not do this; HTTP_CORS_ORIGIN names those that may.";
}

/** A caller without an origin is no page. */
function isSameOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true;
  return URL.parse(origin)?.host === host.toLowerCase();
}

function nameIn(host: string): string {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host.toLowerCase()) ?? [];
  return name.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/** What no DNS server of somebody else can give an answer for. */
function isLoopbackName(name: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(name) || name === "::1" || /^(.+\.)?localhost$/.test(name);
}
