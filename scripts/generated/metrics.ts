import { METRICS, PREFIX, type Definition } from "../../src/telemetry/metrics/definitions.ts";
import { markdownTable, plain, type GeneratedBlock } from "./block.ts";

/** In the order in which a scrape has them. */
export const METRICS_BLOCK: GeneratedBlock = {
  file: "docs/reference/metrics.md",
  name: "metrics",
  markdown: markdownTable(
    ["metric", "type", "labels", "meaning"],
    Object.entries<Definition>(METRICS).map(([name, { type, labels, help }]) => [
      `\`${PREFIX}${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(", "),
      plain(help),
    ]),
  ),
};
