import { z } from "zod";
import { groupAnswerShape, groupsAnswerShape, SHOWN_STATES } from "../analysis/group-answers.ts";
import { GROUP_ORDERS } from "../analysis/list-groups.ts";
import { GROUP_ID } from "../domain/group.ts";
import { GROUP_STATES, groupShape } from "../domain/memory/group.ts";
import { TIME_TO_COME, timeToCome } from "../search/point-in-time.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";
import { filterFrom, filterShape, inOrder } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const id = z
  .string()
  .toLowerCase()
  .regex(GROUP_ID, "not 16 hex digits, as a list of groups has them");
const params = z.object({ group: id });
/** Where a request names nobody. */
const NOBODY = "HTTP API";
const by = z.string().max(1000).default(NOBODY).describe("Who decides");

const { min_score: _, ...recordFilter } = filterShape;
const listQuery = z.strictObject({
  ...recordFilter,
  limit: recordFilter.limit.unwrap().default(20).describe("How many are shown"),
  state: z.enum(SHOWN_STATES).optional().describe("Only groups in this state"),
  order: z
    .enum(GROUP_ORDERS)
    .default("last")
    .describe("Latest seen, latest first seen, or most records first"),
});
const stateBody = z.strictObject({
  state: z.enum(GROUP_STATES),
  until: z
    .string()
    .trim()
    .refine((text) => timeToCome(text, 0) !== undefined, `not ${TIME_TO_COME}`)
    .optional()
    .describe("Of a mute: when it ends. Without it: never"),
  by,
});
const mergeBody = z.strictObject({ into: id.describe("It counts as part of this one"), by });
/** It may be left out. */
const splitBody = z
  .strictObject({
    from: id
      .optional()
      .describe("It counts by itself, and is never taken for alike with this one again"),
    by,
  })
  .nullish();

/** Errors as groups, and what people decide about them. */
export function addGroupRoutes(app: App, { groups, stop, clock }: HttpParts): void {
  const tags = ["groups"];
  const reading = { rateLimit: { max: 120, timeWindow: "1 minute" } };
  const writing = { rateLimit: { max: 60, timeWindow: "1 minute" } };
  app.get(
    "/api/v1/groups",
    {
      config: reading,
      schema: {
        tags,
        summary: "Errors, each once, with counts: what `log-vectorizer groups list --json` prints",
        querystring: listQuery,
        response: { 200: groupsAnswerShape, ...refusals(400, 401, 429, 503) },
      },
    },
    async ({ query: { state, order, ...rest } }, reply) => {
      const filter = inOrder(filterFrom(rest, clock.now()));
      const query = { ...filter, order, ...(state === undefined ? {} : { state }) };
      return groups.list(query, whileAsked(stop, reply).requested);
    },
  );
  app.get(
    "/api/v1/groups/:group",
    {
      config: reading,
      schema: {
        tags,
        summary:
          "One error with its days, hosts, versions, notes and alike groups: what `log-vectorizer groups show --json` prints",
        description: "Of a group that was merged: the group that it counts as.",
        params,
        response: { 200: groupAnswerShape, ...refusals(400, 401, 404, 429, 503) },
      },
    },
    async ({ params: { group } }, reply) => groups.show(group, whileAsked(stop, reply).requested),
  );
  const response = { 200: groupShape, ...refusals(400, 401, 403, 404, 429, 503) };
  app.post(
    "/api/v1/groups/:group/state",
    {
      config: writing,
      schema: {
        tags,
        summary: "Says of an error that it is open, known, muted or resolved",
        params,
        body: stateBody,
        response,
      },
    },
    async ({ params: { group }, body: { until, ...body } }) => {
      const end = until === undefined ? undefined : timeToCome(until, clock.now());
      return groups.setState({ group, ...body, until: end }, stop.everything);
    },
  );
  app.post(
    "/api/v1/groups/:group/merge",
    {
      config: writing,
      schema: {
        tags,
        summary: "Counts an error as part of another one from now on",
        params,
        body: mergeBody,
        response,
      },
    },
    async ({ params: { group }, body }) => groups.merge({ group, ...body }, stop.everything),
  );
  app.post(
    "/api/v1/groups/:group/split",
    {
      config: writing,
      schema: {
        tags,
        summary:
          "Takes an error out of the one that it was merged into, or says that another one is not alike",
        params,
        body: splitBody,
        response,
      },
    },
    async ({ params: { group }, body }) =>
      groups.split({ group, from: body?.from, by: body?.by ?? NOBODY }, stop.everything),
  );
}
