import { z } from "zod";
import { placeIn } from "../domain/reference.ts";
import { recordAnswerShape, searchAnswerShape } from "../search/search-answer.ts";
import { escapeControls } from "../telemetry/escape.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";
import {
  filterFrom,
  filterShape,
  inOrder,
  modeShape,
  placeShape,
  shardKeyShape,
  textShape,
} from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const searchQuery = z.strictObject({
  q: textShape.describe(
    "An error, or words about one; a part in double quotes must be in the text",
  ),
  ...modeShape,
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
        summary:
          "The records that a text means or names: what `log-vectorizer search --json` prints",
        description:
          "The text is redacted and embedded as records are, save in mode `words`; records of the same error are one hit.",
        querystring: searchQuery,
        response: { 200: searchAnswerShape, ...refusals(400, 401, 403, 422, 429, 503) },
      },
    },
    async ({ query: { q: text, mode, ...rest } }, reply) => {
      const filter = inOrder(filterFrom(rest, clock.now()));
      return search.search({ ...filter, text, mode }, whileAsked(stop, reply));
    },
  );
  app.get(
    "/api/v1/logs/:index/:id/similar",
    {
      config,
      schema: {
        tags,
        summary: "The records nearest to a stored record",
        description:
          "A record without a vector is embedded; where its level is wanted, the vector is stored.",
        params: placeShape,
        querystring: similarQuery,
        response: { 200: searchAnswerShape, ...refusals(400, 401, 403, 404, 409, 422, 429, 503) },
      },
    },
    async ({ params, query: { shard_key, routing, ...rest } }, reply) => {
      const filter = inOrder(filterFrom(rest, clock.now()));
      const of = placeIn({ ...params, shard_key, routing });
      return search.similar({ ...filter, of }, whileAsked(stop, reply));
    },
  );
}

const placeQuery = z.strictObject(shardKeyShape);
/** Each may be a megabyte that is read, redacted and sent. */
const perMinute = { rateLimit: { max: 240, timeWindow: "1 minute" } };

type Asked = { params: z.infer<typeof placeShape>; query: z.infer<typeof placeQuery> };

function placeOf({ params, query }: Asked) {
  return placeIn({ ...params, ...query });
}

/** What a search shows the head of, in whole: for machines, and as plain text for people. */
export function addLogRoutes(app: App, { search, stop }: Pick<HttpParts, "search" | "stop">): void {
  const refused = refusals(400, 401, 403, 404, 409, 429, 503);
  app.get(
    "/api/v1/logs/:index/:id",
    {
      config: perMinute,
      schema: {
        tags: ["search"],
        summary: "One record, with its message in whole",
        description: "Secrets are masked. Of a message over 1 MiB it is the head.",
        params: placeShape,
        querystring: placeQuery,
        response: { 200: recordAnswerShape, ...refused },
      },
    },
    async (request, reply) => search.record(placeOf(request), whileAsked(stop, reply)),
  );
  const schema = { hide: true, params: placeShape, querystring: placeQuery };
  app.get("/logs/:index/:id", { config: perMinute, schema }, async (request, reply) => {
    const record = await search.record(placeOf(request), whileAsked(stop, reply));
    const { index, id } = record;
    const end = record.message_truncated ? `\n\n(cut here: it goes on in ${index}/${id})` : "";
    const text = escapeControls(`${record.message}${end}\n`);
    return reply.type("text/plain; charset=utf-8").send(text);
  });
}
