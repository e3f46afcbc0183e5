import { z } from "zod";
import { changedJson, countedJson, listJson } from "../pipeline/quarantine/quarantine-json.ts";
import type { QuarantineFilter } from "../pipeline/quarantine/quarantined.ts";
import { gapsShape } from "../domain/partial.ts";
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

const count = z.int().nonnegative();
const unread = {
  unread: z.array(z.object({ index: z.string(), reason: z.string() })),
  gaps: gapsShape,
};
const listShape = z.object({
  total: count,
  by_error: z.array(z.object({ error: z.string(), records: count })),
  groups: z.array(
    z.object({
      index: z.string(),
      why: z.enum(["loop", "empty"]),
      records: count,
      error: z.string(),
      ids: z.array(z.string()),
    }),
  ),
  quarantined: z.array(
    z.object({
      index: z.string(),
      id: z.string(),
      attempts: count,
      error: z.string(),
      quoted_from: z
        .string()
        .nullable()
        .describe("The index in whose document the error stands; null: the state directory"),
      timestamp: z.string().nullable(),
      next_try: z.string().nullable(),
      kept_in: z.enum(["document", "state"]),
    }),
  ),
  ...unread,
});
const changedShape = z.object({
  matched: count,
  changed: count,
  conflicted: count,
  missing: count,
  failed: count,
  problems: z.array(z.object({ index: z.string(), id: z.string(), reason: z.string() })),
  stopped_by: z.string().optional(),
  ...unread,
});
const countedShape = z.object({ matched: count, dry_run: z.literal(true), ...unread });

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
        response: { 200: listShape, ...refusals(400, 401, 429, 503) },
      },
    },
    async ({ query: { limit, never, ...rest } }) => {
      const wanted = filterOf({ ...rest, never: never === "true" });
      return alone(async () =>
        listJson(await quarantine.list({ filter: wanted, limit }, stop.everything)),
      );
    },
  );
  app.post(
    "/api/v1/quarantine/retry",
    {
      config: { rateLimit: { max: 30, timeWindow: "1 minute" } },
      schema: {
        tags,
        summary: "Lets records be tried again at once, as if for the first time",
        body: retryBody,
        response: {
          200: z.union([changedShape, countedShape]),
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
          ? {
              ...countedJson(await quarantine.count(wanted, stop.everything)),
              dry_run: true as const,
            }
          : changedJson(await quarantine.retry(wanted, stop)),
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
