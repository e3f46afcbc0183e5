import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify from "fastify";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import {
  validatorCompiler,
  type ZodTypeProvider,
  jsonSchemaTransform,
} from "fastify-type-provider-zod";
import { escapeControls } from "../telemetry/escape.ts";
import { guardAccess } from "./access.ts";
import { addApiRoutes, addEmbeddingRoutes, addMetricsRoute } from "./api-routes.ts";
import { takeBodies } from "./bodies.ts";
import { addEpisodeRoutes } from "./episode-routes.ts";
import { addStatisticsRoutes } from "./statistics-routes.ts";
import { addGroupRoutes } from "./group-routes.ts";
import { addExplainRoutes } from "./explain-routes.ts";
import { addMcpRoutes } from "./mcp-routes.ts";
import { addNoteRoutes } from "./note-routes.ts";
import { addPage } from "./page-routes.ts";
import type { HttpParts, HttpSettings } from "./parts.ts";
import { guardPressure } from "./pressure.ts";
import { createPresses } from "./presses.ts";
import { sendProblem } from "./problem.ts";
import { addQuarantineRoutes } from "./quarantine-routes.ts";
import { createRevokedSessions } from "./revoked-sessions.ts";
import type { App } from "./routes.ts";
import { scopeRequests } from "./scope-requests.ts";
import { addLogRoutes, addSearchRoutes } from "./search-routes.ts";
import { createSession } from "./session.ts";
import { shareParts, type SharedParts } from "./shared-parts.ts";
import { addSignIn } from "./sign-in.ts";
import { createTokenTries } from "./token-tries.ts";
import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { z } from "zod";
import { readyAnswer, readyShape } from "../status/ready-answer.ts";

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
  addEpisodeRoutes(app, parts);
  addGroupRoutes(app, parts);
  addNoteRoutes(app, parts);
  addExplainRoutes(app, parts);
  addMcpRoutes(app, parts);
  addSearchRoutes(app, parts);
  addStatisticsRoutes(app, parts);
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
      ? sendProblem(reply, 400, "The address cannot be decoded.")
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

/** What others use as ids: short, and nothing that could forge a log line or a header. */
const ACCEPTABLE = /^[A-Za-z0-9][A-Za-z0-9._:=+/@~-]{0,127}$/;

/** The caller's id where it is one, else a new one. */
function requestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && ACCEPTABLE.test(given) ? given : randomUUID();
}

/**
 * Node reads the address of a connection's other end when it is first asked for, and keeps it; once the connection is
 * reset there is none to be read. So it is asked for at once: a request that dies early still has an address, for its
 * limit and for its line in the log. A connection that is gone before that is closed.
 */
function keepPeerAddresses(server: Server): void {
  server.prependListener("connection", (socket: Socket) => {
    if (socket.remoteAddress === undefined) socket.destroy();
  });
}

/** Collects the routes that are added after it. */
async function addOpenApi(
  app: App,
  { version, needsToken }: { version: string; needsToken: boolean },
): Promise<void> {
  const token = { token: { type: "http" as const, scheme: "bearer" } };
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "log-vectorizer",
        version,
        description: "State of one process, and what can be asked of it.",
      },
      ...(needsToken ? { components: { securitySchemes: token }, security: [{ token: [] }] } : {}),
    },
    transform: jsonSchemaTransform,
  });
}

/** The one style that the page of swagger-ui carries in itself. */
const INLINE_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

/** The document made of the routes' schemas, and a page of it; after all other routes. */
async function addDocs(app: App): Promise<void> {
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(JSON.stringify(app.swagger())),
  );
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    uiConfig: { docExpansion: "list", validatorUrl: null },
    theme: { title: "log-vectorizer API" },
    transformStaticCSP: (policy) => policy.replace("style-src ", `style-src ${INLINE_STYLE} `),
  });
}

const healthShape = z.object({ status: z.literal("ok"), version: z.string() });

/** For those who watch over processes: open without a token, and answered under pressure too. */
function addHealthRoutes(
  app: App,
  { version }: Pick<HttpParts, "version">,
  { readiness }: SharedParts,
): void {
  const config = { open: true, underPressure: true } as const;
  const tags = ["health"];
  app.get(
    "/health",
    {
      config,
      schema: { tags, summary: "Whether the process is alive", response: { 200: healthShape } },
    },
    async () => ({ status: "ok" as const, version }),
  );
  const description =
    "OpenSearch, the embedder and Kafka, each with latency, last success and error; the details only for " +
    "clients that send the token. Costs nothing.";
  app.get(
    "/ready",
    {
      config,
      schema: {
        tags,
        summary: "Whether every server that the process needs answers",
        description,
        response: { 200: readyShape, 503: readyShape },
      },
    },
    async ({ trusted }, reply) => {
      const answer = await readiness();
      return reply.code(answer.ready ? 200 : 503).send(readyAnswer(answer, { trusted }));
    },
  );
}
