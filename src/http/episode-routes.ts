import { z } from "zod";
import { episodesAnswerShape } from "../analysis/group-answers.ts";
import { isGroupId } from "../domain/group.ts";
import { pointInTime } from "../search/point-in-time.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";
import { timeShape } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const episodesQuery = z.strictObject({
  group: z
    .string()
    .toLowerCase()
    .refine(isGroupId, "not the id of a group: 16 hex digits")
    .optional()
    .describe("Only of this group, and what rose with its latest episode"),
  since: timeShape.optional().describe("Only those seen from this time on; default: 30d"),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("How many are shown"),
});

export function addEpisodeRoutes(
  app: App,
  { groups, clock, stop }: Pick<HttpParts, "groups" | "clock" | "stop">,
): void {
  app.get(
    "/api/v1/episodes",
    {
      config: { rateLimit: { max: 60, timeWindow: "1 minute" } },
      schema: {
        tags: ["groups"],
        summary:
          "The runs of errors between two silences: what `log-vectorizer episodes --json` prints",
        querystring: episodesQuery,
        response: { 200: episodesAnswerShape, ...refusals(400, 401, 404, 429, 503) },
      },
    },
    async ({ query: { since: text, group, limit } }, reply) => {
      const since = text === undefined ? undefined : pointInTime(text, clock.now());
      const query = {
        limit,
        ...(group === undefined ? {} : { group }),
        ...(since === undefined ? {} : { since }),
      };
      return groups.episodes(query, whileAsked(stop, reply).requested);
    },
  );
}
