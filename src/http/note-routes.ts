import { z } from "zod";
import { listNotes, notesAnswerShape } from "../analysis/list-notes.ts";
import { noteShape, VERDICTS } from "../domain/memory/note.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";

const id = z.string().min(1).max(200);
/** Longer ones are refused with the limit of the field. */
const text = z.string().max(20_000).optional();

const listQuery = z.strictObject({
  group: id.optional().describe("Only notes of this group and those merged with it"),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe("How many are shown"),
  from: z.string().min(1).max(1000).optional().describe("The next of the page before"),
});
const noteBody = z.strictObject({
  group: id,
  episode: id.optional(),
  cause: text.describe("What it was"),
  fix: text.describe("What mended it"),
  link: text.describe("http or https"),
  author: z.string().max(1000).describe("Who writes it"),
});
const verdictBody = z.strictObject({
  verdict: z.enum(VERDICTS),
  by: z.string().max(1000).describe("Who says so"),
});

export function addNoteRoutes(app: App, { notes, groups, stop }: HttpParts): void {
  const tags = ["notes"];
  const writing = { rateLimit: { max: 60, timeWindow: "1 minute" } };
  app.get(
    "/api/v1/notes",
    {
      config: { rateLimit: { max: 120, timeWindow: "1 minute" } },
      schema: {
        tags,
        summary: "What people wrote about errors, newest first; with a group, about alike ones too",
        querystring: listQuery,
        response: { 200: notesAnswerShape, ...refusals(400, 401, 404, 429, 503) },
      },
    },
    async ({ query }) => listNotes({ notes, groups }, query, stop.everything),
  );
  app.post(
    "/api/v1/notes",
    {
      config: writing,
      schema: {
        tags,
        summary: "Writes a note about a group",
        body: noteBody,
        response: { 201: noteShape, ...refusals(400, 401, 403, 404, 429, 503) },
      },
    },
    async ({ body }, reply) => reply.code(201).send(await notes.add(body, stop.everything)),
  );
  app.post(
    "/api/v1/notes/:note/verdicts",
    {
      config: writing,
      schema: {
        tags,
        summary: "Says of a note that it is confirmed, wrong or outdated",
        params: z.object({ note: id }),
        body: verdictBody,
        response: { 201: noteShape, ...refusals(400, 401, 403, 404, 429, 503) },
      },
    },
    async ({ params, body }, reply) =>
      reply.code(201).send(await notes.judge(params.note, body, stop.everything)),
  );
}
