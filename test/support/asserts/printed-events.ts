import assert from "node:assert/strict";
import { z } from "zod";
import { OUTCOMES } from "../../../src/domain/outcome.ts";
import {
  consumerTallyShape,
  type ConsumerTally,
  type ConsumerRole,
} from "../../../src/ports/consumer-events.ts";
import { exactly } from "./printed-json.ts";
import type { Ended, RunningCommand } from "../commands/run-command.ts";

const eventShape = z.looseObject({ "event.action": z.string().default(""), message: z.string() });
type PrintedEvent = z.infer<typeof eventShape>;

/** The events of that name in a log of JSON lines. */
export function eventsOf(printed: string, action: string): PrintedEvent[] {
  return (
    printed
      .split("\n")
      // Of the last line there may be only a part yet.
      .slice(0, -1)
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => eventShape.parse(JSON.parse(line)))
      .filter((event) => event["event.action"] === action)
  );
}

/** Asks it to end, and reads what it counted. */
export async function stopAndCount(
  command: RunningCommand,
  who: ConsumerRole = "tail",
): Promise<ConsumerTally> {
  command.kill("SIGTERM");
  return tallyOf(await command.ended, who);
}

/** What the last line counts; its outcomes add up to what was taken. */
export function tallyOf(ended: Ended, who: ConsumerRole = "tail"): ConsumerTally {
  const shown = `${ended.stdout}\n--- stderr\n${ended.stderr}`;
  assert.equal(ended.code, 0, shown);
  assert.doesNotMatch(shown, /failed-unexpectedly|\.ts:\d+:\d+/, "a mistake of ours");
  const [event] = eventsOf(ended.stdout, `${who}-ended`);
  assert.ok(event, `it never said how it went:\n${shown}`);
  const tally = exactly(event["log_vectorizer.tally"], consumerTallyShape);
  const sum = OUTCOMES.reduce((all, outcome) => all + tally.outcomes[outcome], 0);
  assert.equal(sum, tally.taken, `the outcomes do not add up: ${JSON.stringify(tally)}`);
  return tally;
}
