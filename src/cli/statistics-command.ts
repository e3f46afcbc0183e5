import { InvalidArgumentError, Option, type Command } from "commander";
import { STATISTICS_LANGUAGES } from "../analysis/statistics/compare-statistics.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { StatisticsOptions } from "./statistics.ts";

export function addStatisticsCommand(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  program
    .command("statistics")
    .description("figures of all records, with and without vectors")
    .command("compare")
    .description("count the records of the latest hours, and compare what a sample tells of them")
    .option("--index <pattern>", "only in these indices or data streams, such as app-*,web-*")
    .option("--time-hours <number>", "so many hours until now", numberUpTo(8784), 24)
    .option(
      "--sample-size <number>",
      "records that the estimate is made of, taken at random",
      numberUpTo(10_000),
      100,
    )
    .option("--stratified", "sample each tenth of the time in proportion to its records", false)
    .option("--project <id>", "only records with this in PROJECT_FIELD, in any case")
    .addOption(
      new Option("--language <code>", "of the grade").choices(STATISTICS_LANGUAGES).default("en"),
    )
    .addOption(json())
    .action((options: StatisticsOptions) => {
      choose(async (context) => (await import("./statistics.ts")).compare(options, context));
    });
}

function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,5}$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`Not a whole number from 1 to ${most}.`);
  };
}
