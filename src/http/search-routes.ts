import { z } from "zod";
import { placeIn } from "../domain/reference.ts";
import { OUTCOMES } from "../domain/outcome.ts";
import { otherModelsShape } from "../domain/other-models.ts";
import { gapsShape } from "../domain/partial.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";
import { filterFrom, filterShape, placeShape, shardKeyShape, textShape } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const count = z.int().nonnegative();
const nullable = z.string().nullable();
const answerShape = z.object({
  query: z.object({ text: z.string(), truncated: z.boolean(), index: nullable, id: nullable }),
  model: z.string(),
  dimensions: count,
  hits: z.array(
    z.object({
      score: z.number(),
      count,
      first_seen: nullable,
      last_seen: nullable,
      index: z.string(),
      id: z.string(),
      shard_key: nullable,
      timestamp: nullable,
      level: nullable,
      service: nullable,
      message: z.string(),
      message_truncated: z.boolean(),
    }),
  ),
  more: z.boolean(),
  searched: z.object({
    indices: count,
    records: count.nullable(),
    without_graph: z.object({ indices: count, records: count, compared: count }).nullable(),
  }),
  other_models: z.array(z.object({ model: nullable, records: count })),
  nothing_comparable: otherModelsShape.nullable(),
  left_out: z.array(
    z.object({ index: z.string(), reason: z.string(), dimensions: count.optional() }),
  ),
  gaps: gapsShape,
  embedding: z.object({
    requests: count,
    texts: count,
    tokens: count,
    cost_usd: z.number().nullable(),
  }),
  stored: z.enum(OUTCOMES).nullable(),
  duration_ms: z.number(),
});

const searchQuery = z.strictObject({
  q: textShape.describe("An error, or words about one"),
  ...filterShape,
});
const similarQuery = z.strictObject({
  ...shardKeyShape,
  ...filterShape,
});

/** Each may cost the embedding of one text; no page of another site may ask for that. */
export function addSearchRoutes(app: App, { search, stop, clock }: HttpParts): void {
  const tags = ["search"];
  const config = { rateLimit: { max: 240, timeWindow: "1 minute" }, costs: true };
  app.get(
    "/api/v1/search",
    {
      config,
      schema: {
        tags,
        summary: "The records nearest to a text: what `log-vectorizer search --json` prints",
        description:
          "The text is masked and embedded as the records were; alike records are one hit.",
        querystring: searchQuery,
        response: { 200: answerShape, ...refusals(400, 401, 403, 422, 429, 503) },
      },
    },
    async ({ query: { q: text, ...rest } }, reply) => {
      const filter = inOrder(filterFrom(rest, clock.now()));
      return search.search({ ...filter, text }, whileAsked(stop, reply));
    },
  );
  app.get(
    "/api/v1/logs/:index/:id/similar",
    {
      config,
      schema: {
        tags,
        summary: "The records nearest to one that is there",
        description: "One without a vector is embedded; of a wanted level it keeps its vector.",
        params: placeShape,
        querystring: similarQuery,
        response: { 200: answerShape, ...refusals(400, 401, 403, 404, 409, 422, 429, 503) },
      },
    },
    async ({ params, query: { shard_key, routing, ...rest } }, reply) => {
      const filter = inOrder(filterFrom(rest, clock.now()));
      const of = placeIn({ ...params, shard_key, routing });
      return search.similar({ ...filter, of }, whileAsked(stop, reply));
    },
  );
}

function inOrder<Filter extends { since?: number; until?: number }>(filter: Filter): Filter {
  const { since, until } = filter;
  if (since === undefined || until === undefined || since <= until) return filter;
  throw new Refused(400, "query since: it is later than until.");
}
