import { z } from "zod";
import { changeAnswer } from "../pipeline/quarantine/change-quarantined.ts";
import {
  quarantineChangeShape,
  quarantineCountShape,
  quarantineListShape,
} from "../pipeline/quarantine/quarantine-answer.ts";
import type { QuarantineFilter } from "../pipeline/quarantine/quarantined.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";

const filter = {
  index: z.string().min(1).max(512).optional().describe("Indices or data streams, such as app-*"),
  id: z.string().min(1).max(512).optional().describe("Documents of this id"),
  error: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe("A part of the error, or its kind as the list has it; in any case"),
};
const listQuery = z.strictObject({
  ...filter,
  never: z.enum(["true", "false"]).optional().describe("Only those that are never tried again"),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe("How many are shown"),
});
const retryBody = z.strictObject({
  ...filter,
  never: z.boolean().optional(),
  all: z.literal(true).optional().describe("All of them; stands alone"),
  dry_run: z.boolean().optional().describe("Only count them"),
});

/** Each of these reads the whole quarantine: one at a time is enough. */
export function addQuarantineRoutes(app: App, { quarantine, stop }: HttpParts): void {
  const tags = ["quarantine"];
  let busy = false;
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new Refused(429, "The quarantine is being read already.", { retryAfter: 2 });
    busy = true;
    return work().finally(() => (busy = false));
  };
  app.get(
    "/api/v1/quarantine",
    {
      config: { rateLimit: { max: 120, timeWindow: "1 minute" } },
      schema: {
        tags,
        summary: "The newest records in quarantine, and how many of each error",
        querystring: listQuery,
        response: { 200: quarantineListShape, ...refusals(400, 401, 429, 503) },
      },
    },
    async ({ query: { limit, never, ...rest } }) => {
      const wanted = filterOf({ ...rest, never: never === "true" });
      return alone(async () => quarantine.list({ filter: wanted, limit }, stop.everything));
    },
  );
  app.post(
    "/api/v1/quarantine/retry",
    {
      config: { rateLimit: { max: 30, timeWindow: "1 minute" } },
      schema: {
        tags,
        summary: "Makes records pending again at once, without counting earlier tries",
        body: retryBody,
        response: {
          200: z.union([quarantineChangeShape, quarantineCountShape]),
          ...refusals(400, 401, 403, 429, 503),
        },
      },
    },
    async ({ body: { all, dry_run: dryRun, ...rest } }) => {
      const wanted = filterOf(rest);
      if (Object.keys(wanted).length > 0 === (all === true)) {
        throw new Refused(400, "body: it needs either a filter (index, id, error, never) or all.");
      }
      return alone(async () =>
        dryRun
          ? { ...(await quarantine.count(wanted, stop.everything)), dry_run: true as const }
          : changeAnswer(await quarantine.retry(wanted, stop)),
      );
    },
  );
}

type Given = { [Name in keyof QuarantineFilter]: QuarantineFilter[Name] | undefined };

function filterOf({ index, id, error, never }: Given): QuarantineFilter {
  return {
    ...(index === undefined ? {} : { index }),
    ...(id === undefined ? {} : { id }),
    ...(error === undefined ? {} : { error }),
    ...(never ? { never } : {}),
  };
}
