import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refused, sendProblem } from "./problem.ts";
import type { Session } from "./session.ts";
import type { TokenTries } from "./token-tries.ts";
import type { IncomingHttpHeaders } from "node:http";

/** Routes may be open to everybody who reaches the port. */
declare module "fastify" {
  interface FastifyContextConfig {
    open?: boolean;
    /** A GET that may cost something: not for pages of other sites. */
    costs?: boolean;
  }
  interface FastifyRequest {
    /** Whether it showed that it may, or need not. */
    trusted: boolean;
    /** Of a person who has signed in. */
    sessionId: string | undefined;
  }
}

type AccessOptions = {
  session: Session | undefined;
  tries: TokenTries;
  corsOrigins: readonly string[];
};

/** Refuses requests from another site's page, and, where there is a token, those without it except to open routes. */
export function guardAccess(
  app: FastifyInstance,
  { session, tries, corsOrigins }: AccessOptions,
): void {
  app.decorateRequest("trusted", false);
  app.decorateRequest("sessionId", undefined);
  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    if (corsOrigins.length > 0) reply.header("vary", "Origin");
    if (origin === undefined || !corsOrigins.includes(origin)) return undefined;
    reply.header("access-control-allow-origin", origin);
    reply.header("access-control-expose-headers", "x-request-id, retry-after");
    if (request.method !== "OPTIONS") return undefined;
    reply.header("access-control-allow-methods", "GET, POST");
    reply.header("access-control-allow-headers", "authorization, content-type, x-request-id");
    reply.header("access-control-max-age", "600");
    return reply.code(204).send();
  });
  // After the rate limit, which so holds for guesses of a token.
  app.addHook("preParsing", async (request, reply) => {
    const { config } = request.routeOptions;
    const given = bearerOf(request);
    const shown = session && given !== undefined ? tryToken(request, given, { session, tries }) : 0;
    const byToken = shown === "right";
    const rules = { anyHost: session !== undefined, corsOrigins, safe: config.costs !== true };
    const foreign = whyForeign(request, rules);
    // No page of another site can send the token along.
    if (foreign !== undefined && !byToken) throw new Refused(403, foreign);
    if (!byToken) request.sessionId = await session?.signedIn(request.headers.cookie);
    request.trusted = session === undefined || byToken || request.sessionId !== undefined;
    if (request.trusted || config.open === true) return undefined;
    if (typeof shown === "number" && shown > 0) throw tooManyTries(shown);
    if (wantsPage(request)) {
      const next = encodeURIComponent(request.url);
      return reply.redirect(`/sign-in?next=${next}`, 303);
    }
    reply.header("www-authenticate", 'Bearer realm="log-vectorizer"');
    return sendProblem(
      reply,
      401,
      shown === "wrong"
        ? "Wrong token: send HTTP_TOKEN as Authorization: Bearer TOKEN."
        : "A token is needed: send HTTP_TOKEN as Authorization: Bearer TOKEN.",
    );
  });
}

/** Whether it is the token; seconds to wait where it was not looked at. By the form and by the header alike. */
export function tryToken(
  { ip }: Pick<FastifyRequest, "ip">,
  given: string,
  { session, tries }: { session: Session; tries: TokenTries },
): "right" | "wrong" | number {
  const wait = tries.waitSeconds(ip);
  if (wait > 0) return wait;
  const isRight = session.isToken(given);
  if (isRight) tries.wasRight(ip);
  else tries.wasWrong(ip);
  return isRight ? "right" : "wrong";
}

export function tooManyTries(seconds: number): Refused {
  return new Refused(429, `Too many wrong tokens; again in ${seconds} s.`, { retryAfter: seconds });
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  return token;
}

/** A person's browser, not a program. */
function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === "GET" && (headers.accept ?? "").includes("text/html");
}

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
function whyForeign(
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
