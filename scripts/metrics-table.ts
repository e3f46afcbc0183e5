import { METRICS, PREFIX, type Definition } from "../src/metrics/definitions.ts";
import { writeTable, type ReadmeTable } from "./readme-table.ts";

/** The README's table of metrics, in the order in which a scrape has them. */
export const METRICS_TABLE: ReadmeTable = {
  name: "metrics",
  head: ["metric", "type", "labels", "meaning"],
  rows: Object.entries<Definition>(METRICS).map(([name, { type, labels, help }]) => [
    `\`${PREFIX}${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]),
};

if (import.meta.main) await writeTable(METRICS_TABLE);
