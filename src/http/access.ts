import type { FastifyInstance, FastifyRequest } from "fastify";
import { whyForeign } from "./origin.ts";
import { Refused, sendProblem } from "./problem.ts";
import type { Session } from "./session.ts";

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
  }
}

type AccessOptions = { session: Session | undefined; corsOrigins: readonly string[] };

/** Lets nobody in from another site's page, and, where there is a token, nobody without it but to open routes. */
export function guardAccess(app: FastifyInstance, { session, corsOrigins }: AccessOptions): void {
  app.decorateRequest("trusted", false);
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
  // After the rate limit: whoever tries tokens is held to it.
  app.addHook("preParsing", async (request, reply) => {
    const byToken = session !== undefined && hasToken(request, session);
    const { config } = request.routeOptions;
    const rules = { anyHost: session !== undefined, corsOrigins, safe: config.costs !== true };
    const foreign = whyForeign(request, rules);
    // No page of another site can send the token along.
    if (foreign !== undefined && !byToken) throw new Refused(403, foreign);
    const { cookie } = request.headers;
    request.trusted = session === undefined || byToken || session.isSignedIn(cookie);
    if (request.trusted || config.open === true) return undefined;
    if (wantsPage(request)) {
      const next = encodeURIComponent(request.url);
      return reply.redirect(`/sign-in?next=${next}`, 303);
    }
    reply.header("www-authenticate", 'Bearer realm="log-vectorizer"');
    return sendProblem(reply, 401, "This needs HTTP_TOKEN, as Authorization: Bearer TOKEN.");
  });
}

function hasToken({ headers }: FastifyRequest, session: Session): boolean {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  return token !== undefined && session.isToken(token);
}

/** A person's browser, not a program. */
function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === "GET" && (headers.accept ?? "").includes("text/html");
}
