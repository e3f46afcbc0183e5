import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { escapeControls } from "../telemetry/escape.ts";
import { guardAccess } from "./access.ts";
import { addApiRoutes } from "./api-routes.ts";
import { takeBodies } from "./bodies.ts";
import { addDocs, addOpenApi } from "./docs.ts";
import { addEmbeddingRoutes } from "./embedding-routes.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { addLogRoutes } from "./log-routes.ts";
import { addMetricsRoute } from "./metrics-routes.ts";
import { addPage } from "./page-routes.ts";
import type { HttpParts, HttpSettings } from "./parts.ts";
import { keepPeerAddresses } from "./peers.ts";
import { guardPressure } from "./pressure.ts";
import { createPresses } from "./presses.ts";
import { sendProblem } from "./problem.ts";
import { addQuarantineRoutes } from "./quarantine-routes.ts";
import { requestId } from "./request-id.ts";
import { createRevokedSessions } from "./revoked-sessions.ts";
import type { App } from "./routes.ts";
import { scopeRequests } from "./scope-requests.ts";
import { addSearchRoutes } from "./search-routes.ts";
import { createSession } from "./session.ts";
import { shareParts } from "./shared-parts.ts";
import { addSignIn } from "./sign-in.ts";
import { createTokenTries } from "./token-tries.ts";

const BODY_BYTES = 64 * 1024;
/** A search is a GET: 32 K characters, each up to nine bytes in an address. */
const HEADER_BYTES = 320 * 1024;
/** Above this the work itself suffers: strangers wait. */
const MAX_LOOP_DELAY_MS = 1500;

/** How long anybody may take, and hold a connection for nothing. */
const TIMES = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  /** Without a byte in either direction: longer than the longest answer takes. */
  connectionTimeout: 10 * 60_000,
  connectionsCheckingInterval: 2000,
};

/** All routes with everything that stands before them, listening nowhere yet. */
export async function buildServer(parts: HttpParts, settings: HttpSettings): Promise<App> {
  const { headersTimeout, connectionsCheckingInterval, ...times } = TIMES;
  const { trustedProxies = [] } = settings;
  const app = fastify({
    ...times,
    http: { headersTimeout, connectionsCheckingInterval, maxHeaderSize: HEADER_BYTES },
    logger: false,
    // Whom a request came from is what the connection says, save where it comes from a proxy of the settings.
    trustProxy: [...trustedProxies],
    genReqId: requestId,
    requestIdHeader: false,
    bodyLimit: BODY_BYTES,
    forceCloseConnections: "idle",
    // Too long a parameter is refused by its route, with all that stands before it.
    routerOptions: { maxParamLength: HEADER_BYTES },
    // Before the router, which answers what it cannot decode past all hooks: without the limit, the headers and the log.
    rewriteUrl: ({ url = "/" }) => (isDecodable(url) ? url : UNREADABLE),
  }).withTypeProvider<ZodTypeProvider>();
  keepPeerAddresses(app.server);
  app.setValidatorCompiler(validatorCompiler);
  // As the command prints it: what a log says must not steer the terminal of who asks by curl.
  app.setSerializerCompiler(() => (answer) => escapeControls(JSON.stringify(answer)));
  takeBodies(app);
  scopeRequests(app, parts);
  await protect(app, settings);
  const { token, corsOrigins } = settings;
  const revoked = createRevokedSessions(parts.state, parts.clock);
  const session = token === undefined ? undefined : createSession(token, parts.clock, revoked);
  const tries = createTokenTries(parts.clock);
  guardAccess(app, { session, tries, corsOrigins });
  await addOpenApi(app, { version: parts.version, needsToken: session !== undefined });
  const shared = shareParts(parts);
  addHealthRoutes(app, parts, shared);
  addMetricsRoute(app, parts, shared);
  addApiRoutes(app, parts, shared);
  addQuarantineRoutes(app, parts);
  addSearchRoutes(app, parts);
  addLogRoutes(app, parts);
  addEmbeddingRoutes(app, parts);
  if (session) await app.register(async (scope) => addSignIn(scope, { session, tries }));
  await addPage(app, { parts, shared, session, presses: createPresses(token) });
  await addDocs(app);
  return app;
}

/** Nothing of another site is loaded, run or framed. */
const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

async function protect(
  app: App,
  { requestsPerMinute, maxLoopDelayMs = MAX_LOOP_DELAY_MS }: HttpSettings,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    // TLS is the proxy's, and so is what browsers are to remember of it.
    hsts: false,
  });
  if (maxLoopDelayMs > 0) guardPressure(app, maxLoopDelayMs);
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: "1 minute",
    errorResponseBuilder: (_request, { after }) =>
      Object.assign(new Error(`Too many requests; again in ${after}.`), { statusCode: 429 }),
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async ({ url }, reply) =>
    url === UNREADABLE
      ? sendProblem(reply, 400, "The address makes no sense.")
      : sendProblem(reply, 404, "There is nothing at this address; /docs lists what there is."),
  );
}

/** No route's; stands for an address that cannot be decoded. */
const UNREADABLE = "/(unreadable)";

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url.split("?", 1)[0] ?? "");
    return true;
  } catch {
    return false;
  }
}
