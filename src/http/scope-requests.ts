import type { FastifyReply, FastifyRequest } from "fastify";
import { inRequest, bindContext } from "../telemetry/log-context.ts";
import type { Span, SpanStart } from "../ports/tracer.ts";
import { noopTracer } from "../ports/noop-tracer.ts";
import type { HttpParts } from "./parts.ts";
import { handleError } from "./problem.ts";
import type { App } from "./routes.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Runs work as a part of the request, wherever it is called. */
    inScope: (<T>(work: () => T) => T) | undefined;
  }
}

/** As nginx has it: the client closed the connection before it had its answer. */
const CLIENT_GONE = 499;

/** Asked for again and again by machines, or open for as long as somebody looks. */
const UNTRACED = /^\/(health|ready|metrics|events)$|^\/assets\//;

/** Each request has an id, in its answer and in all log lines, a span, and one line of its own at its end. */
export function scopeRequests(
  app: App,
  { events, tracer: given = noopTracer }: Pick<HttpParts, "events" | "tracer">,
): void {
  const told = new WeakSet<FastifyRequest>();
  const tellEnded = (request: FastifyRequest, reply: FastifyReply) => {
    if (told.has(request)) return;
    told.add(request);
    const { elapsedTime: durationMs } = reply;
    const status = reply.raw.writableEnded ? reply.statusCode : CLIENT_GONE;
    const { refusal, bug, ip: client } = request;
    const why = {
      ...(refusal !== undefined && { reason: refusal }),
      ...(bug !== undefined && { bug }),
    };
    scopeOf(request)(() =>
      events.requestEnded({ ...placeOf(request), client, status, durationMs, ...why }),
    );
  };
  app.decorateRequest("refusal", undefined);
  app.decorateRequest("bug", undefined);
  app.decorateRequest("inScope", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-store");
    const { method, routeOptions } = request;
    const { url: route = "" } = routeOptions;
    const tracer = UNTRACED.test(route) ? noopTracer : given;
    inRequest(request.id, () => {
      void tracer.span(`${method} ${route}`.trimEnd(), startOf(request), (span) => {
        request.inScope = bindContext();
        const closed = whenClosed(reply, span);
        void closed.then(() => tellEnded(request, reply));
        done();
        return closed;
      });
    });
  });
  // The events of a body's stream belong to its connection.
  app.addHook("preValidation", (request, _reply, done) => {
    scopeOf(request)(done);
  });
  // What was answered is over before its connection is; what was not, with it.
  app.addHook("onResponse", (request, reply, done) => {
    tellEnded(request, reply);
    done();
  });
  app.setErrorHandler(handleError);
}

/** What is refused before its hooks has no scope yet. */
function scopeOf({ id, inScope }: FastifyRequest): <T>(work: () => T) => T {
  return inScope ?? ((work) => inRequest(id, work));
}

/** By the conventions for HTTP; the path itself may hold ids, and a query texts. */
function startOf(request: FastifyRequest): SpanStart {
  const { traceparent, tracestate } = request.headers;
  return {
    kind: "server",
    attributes: {
      "http.request.method": request.method,
      "http.route": request.routeOptions.url,
      "url.scheme": request.protocol,
    },
    ...(typeof traceparent === "string" && {
      parent: { traceparent, ...(typeof tracestate === "string" && { tracestate }) },
    }),
  };
}

function whenClosed(reply: FastifyReply, span: Span): Promise<void> {
  return new Promise((resolve) => {
    reply.raw.once("close", () => {
      const { statusCode } = reply;
      span.set({ "http.response.status_code": statusCode });
      if (statusCode >= 500) span.failed(String(statusCode));
      resolve();
    });
  });
}

function placeOf({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? "(no such route)" };
}
