import { z } from "zod";
import { statusShape } from "../status/status-shape.ts";
import { overviewShape } from "../status/overview/overview.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";
import type { SharedParts } from "./shared-parts.ts";
import { Fault } from "../domain/faults.ts";
import { whileAsked } from "./while-asked.ts";
import { createGlance } from "./glance.ts";
import { createSharedAnswer } from "./shared-answer.ts";

const cycleShape = z.object({ status: z.literal("started") });

/** State as JSON, and a cycle out of turn. */
export function addApiRoutes(
  app: App,
  { startCycle }: Pick<HttpParts, "startCycle">,
  { status, overview }: SharedParts,
): void {
  app.get(
    "/api/v1/status",
    {
      schema: {
        tags: ["state"],
        summary: "Coverage and backlog per index: what `log-vectorizer status --json` prints",
        response: { 200: statusShape, ...refusals(401, 503) },
      },
    },
    async () => status(),
  );
  app.get(
    "/api/v1/overview",
    {
      schema: {
        tags: ["state"],
        summary:
          "Everything that the page shows: state in a word, coverage, cycles, consumer, money, issues",
        response: { 200: overviewShape, ...refusals(401) },
      },
    },
    async () => overview(),
  );
  app.post(
    "/api/v1/cycle",
    {
      config: { rateLimit: { max: 30, timeWindow: "1 minute" } },
      schema: {
        tags: ["work"],
        summary: "Starts a cycle (a drain with BACKFILL_DRAIN) now",
        response: { 202: cycleShape, ...refusals(401, 403, 404, 409, 429, 503) },
      },
    },
    async (_request, reply) => {
      switch (startCycle?.()) {
        case "started":
          return reply.code(202).send({ status: "started" as const });
        case "running":
          throw new Refused(409, "A cycle is running already.");
        case "stopping":
          throw new Refused(503, "This process is about to end.");
        case undefined:
          throw new Refused(404, "This process runs no cycles; ask the daemon.");
      }
    },
  );
}

/** As the AI service has them; see the adapter of that name for the other end. */
const logShape = z.object({
  log_id: z.string().min(1).max(1024),
  message: z.string().refine((text) => text.trim() !== "", "must not be blank"),
  trace_id: z.string().max(256).optional(),
});
const bodyShape = z.object({ logs: z.array(logShape).min(1).max(1000) });
const answerShape = z.object({
  embeddings: z.array(z.object({ log_id: z.string(), embedding: z.array(z.number()) })),
  usage: z.object({ total_tokens: z.int().nonnegative() }),
});

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Bodies and vectors of so many requests are held in memory; further requests are told to come again. */
const AT_ONCE = 8;

/** Makes this process an AI service of others: what they send is masked, found and paid for as our own records are. */
export function addEmbeddingRoutes(app: App, { embed, stop }: HttpParts): void {
  let inFlight = 0;
  app.post(
    "/api/v1/embedding/batch",
    {
      bodyLimit: MAX_BODY_BYTES,
      // Before its body is read.
      async preParsing(_request, reply) {
        if (inFlight >= AT_ONCE) {
          throw new Refused(429, `${AT_ONCE} batches are in flight already.`, { retryAfter: 1 });
        }
        inFlight++;
        reply.raw.once("close", () => inFlight--);
      },
      schema: {
        tags: ["embedding"],
        summary: "Vectors of log messages, as an AI service gives them",
        description:
          "Equal texts, and those that some document has the vector of, cost nothing. 422: the embedder refuses one " +
          "of the messages for its own sake; what the others were paid for is kept for the next try.",
        body: bodyShape,
        response: { 200: answerShape, ...refusals(400, 401, 403, 413, 422, 429, 503) },
      },
    },
    async ({ body: { logs } }, reply) => {
      const messages = logs.map(({ log_id: id, message, trace_id: traceId }) => ({
        id,
        message,
        ...(traceId === undefined ? {} : { traceId }),
      }));
      const { vectors, use, fault } = await embed(messages, whileAsked(stop, reply));
      const embeddings = logs.flatMap(({ log_id: id }, i) => {
        const vector = vectors[i];
        return vector ? [{ log_id: id, embedding: Array.from(vector, rounded) }] : [];
      });
      if (embeddings.length < logs.length) throw fault ?? stopped();
      return { embeddings, usage: { total_tokens: use.tokens } };
    },
  );
}

/** Digits beyond a float32's are twice the text, and nothing more. */
function rounded(value: number): number {
  return Math.round(value * 1e8) / 1e8;
}

function stopped(): Fault {
  return new Fault("outage", "This process is about to end.");
}

/** However often it is scraped, the others are asked no more often than this. */
const ASK_EVERY_MS = 30_000;
/** What was heard longer ago is not known any more. */
const MAX_AGE_MS = 2 * 60_000;
/** A scrape waits no longer than this for what is asked only now. */
const PATIENCE_MS = 1000;
/** More than a scrape every second by several of them. */
const SCRAPES = { max: 600, timeWindow: "1 minute" };

const TEXT = { description: "OK", content: { "text/plain": { schema: z.string() } } };

/** What Prometheus scrapes: as soon as anything, under pressure and while the others are away too. */
export function addMetricsRoute(
  app: App,
  { metrics, clock }: Pick<HttpParts, "metrics" | "clock">,
  shared: SharedParts,
): void {
  const status = createLastHeard(shared.status, clock);
  const readiness = createLastHeard(shared.readiness, clock);
  app.get(
    "/metrics",
    {
      config: { rateLimit: SCRAPES, underPressure: true },
      schema: {
        tags: ["state"],
        summary: "Metrics in Prometheus' text format",
        response: { 200: TEXT, ...refusals(401, 429) },
      },
    },
    async (_request, reply) => {
      const [heard, ready] = await Promise.all([status(), readiness()]);
      const { type, body } = await metrics({ status: heard, readiness: ready });
      return reply.type(type).send(body);
    },
  );
}

/** The latest answer, or the one before where that takes long; undefined where there is none that is worth anything. */
function createLastHeard<T>(read: () => Promise<T>, clock: HttpParts["clock"]) {
  const heard = async () => ({ answer: await read(), at: clock.now() });
  const shared = createSharedAnswer(heard, { maxAgeMs: ASK_EVERY_MS, clock });
  const glance = createGlance(shared, { patienceMs: PATIENCE_MS, clock });
  return async () => {
    try {
      const last = await glance.soon();
      return last && Math.abs(clock.now() - last.at) < MAX_AGE_MS ? last.answer : undefined;
    } catch (error) {
      if (error instanceof Fault) return undefined;
      throw error;
    }
  };
}
