import { z } from "zod";
import { placeIn } from "../domain/reference.ts";
import { recordAnswerShape } from "../search/search-answer.ts";
import { escapeControls } from "../telemetry/escape.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";
import { placeShape, shardKeyShape } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const querystring = z.strictObject(shardKeyShape);
/** Each may be a megabyte that is read, masked and sent. */
const config = { rateLimit: { max: 240, timeWindow: "1 minute" } };

type Asked = { params: z.infer<typeof placeShape>; query: z.infer<typeof querystring> };

function placeOf({ params, query }: Asked) {
  return placeIn({ ...params, ...query });
}

/** What a search shows the head of, in whole: for machines, and as plain text for people. */
export function addLogRoutes(app: App, { search, stop }: Pick<HttpParts, "search" | "stop">): void {
  const refused = refusals(400, 401, 403, 404, 409, 429, 503);
  app.get(
    "/api/v1/logs/:index/:id",
    {
      config,
      schema: {
        tags: ["search"],
        summary: "One record, with its message in whole",
        description: "Secrets are masked. Of a message over 1 MiB it is the head.",
        params: placeShape,
        querystring,
        response: { 200: recordAnswerShape, ...refused },
      },
    },
    async (request, reply) => search.record(placeOf(request), whileAsked(stop, reply)),
  );
  const schema = { hide: true, params: placeShape, querystring };
  app.get("/logs/:index/:id", { config, schema }, async (request, reply) => {
    const record = await search.record(placeOf(request), whileAsked(stop, reply));
    const { index, id } = record;
    const end = record.message_truncated ? `\n\n(cut here: it goes on in ${index}/${id})` : "";
    const text = escapeControls(`${record.message}${end}\n`);
    return reply.type("text/plain; charset=utf-8").send(text);
  });
}
