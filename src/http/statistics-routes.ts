import { z } from "zod";
import { STATISTICS_LANGUAGES } from "../analysis/statistics/compare-statistics.ts";
import { statisticsAnswerShape } from "../analysis/statistics/statistics-answer.ts";
import { createSemaphore } from "../concurrency/semaphore.ts";
import { Fault } from "../domain/faults.ts";
import type { HttpParts } from "./parts.ts";
import { refusals, type App } from "./routes.ts";
import { filterShape } from "./search-query.ts";
import { whileAsked } from "./while-asked.ts";

const whole = z.coerce.number().int().min(1);
const compareQuery = z.strictObject({
  index: filterShape.index,
  time_hours: whole.max(8784).default(24).describe("The latest hours, which are compared"),
  sample_size: whole.max(10_000).default(100).describe("Records that the estimate is made of"),
  stratified: z
    .enum(["true", "false"])
    .default("false")
    .describe("true: sampled by tenths of the window, in proportion to their records"),
  project_uuid: z
    .string()
    .trim()
    .min(1)
    .max(512)
    .optional()
    .describe("Only records with this in PROJECT_FIELD, in any case"),
  language: z.enum(STATISTICS_LANGUAGES).default("en").describe("Of the verdict's grade"),
});

export function addStatisticsRoutes(
  app: App,
  { compareStatistics, stop }: Pick<HttpParts, "compareStatistics" | "stop">,
): void {
  // One at a time, whoever asks: each goes through all records of its window several times.
  const turns = createSemaphore(1);
  app.get(
    "/api/v1/statistics/compare",
    {
      config: { rateLimit: { max: 20, timeWindow: "1 minute" } },
      schema: {
        tags: ["statistics"],
        summary:
          "What the store counts beside what a sample tells: what `log-vectorizer statistics compare --json` prints",
        querystring: compareQuery,
        response: { 200: statisticsAnswerShape, ...refusals(400, 401, 429, 503) },
      },
    },
    async ({ query }, reply) => {
      const { index, project_uuid: project, stratified, language } = query;
      const { requested } = whileAsked(stop, reply);
      const leave = await turns.acquire(requested);
      if (!leave) throw new Fault("outage", "the comparison was given up before its turn came");
      try {
        const asked = {
          timeHours: query.time_hours,
          sampleSize: query.sample_size,
          stratified: stratified === "true",
          language,
          ...(index === undefined ? {} : { index }),
          ...(project === undefined ? {} : { project }),
        };
        return await compareStatistics(asked, requested);
      } finally {
        leave();
      }
    },
  );
}
