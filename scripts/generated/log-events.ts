import { EVENT_ACTIONS } from "../../src/telemetry/event-actions.ts";
import { markdownTable, plain, type GeneratedBlock } from "./block.ts";

/** A table for each subject. */
export const LOG_EVENTS_BLOCK: GeneratedBlock = {
  file: "docs/reference/log-events.md",
  name: "log-events",
  markdown: Object.entries(EVENT_ACTIONS)
    .map(([subject, meanings]) =>
      [
        `## ${subject}`,
        "",
        markdownTable(
          ["`event.action`", "meaning"],
          Object.entries(meanings).map(([actions, meaning]) => [codes(actions), plain(meaning)]),
        ),
      ].join("\n"),
    )
    .join("\n\n"),
};

function codes(names: string): string {
  return names
    .split(", ")
    .map((name) => `\`${name}\``)
    .join(", ");
}
