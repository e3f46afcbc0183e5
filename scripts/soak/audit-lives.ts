import { z } from "zod";
import { noOutcomes, OUTCOMES, outcomesShape, type Outcomes } from "../../src/domain/outcome.ts";
import { leaksIn } from "../../test/support/asserts/leaks.ts";
import type { Crew, Life } from "./crew.ts";

const lineShape = z.looseObject({
  "event.action": z.string().optional(),
  "log_vectorizer.tally": z.looseObject({ taken: z.number(), outcomes: outcomesShape }).optional(),
  "log_vectorizer.summary": z
    .looseObject({ taken: z.number(), outcomes: outcomesShape })
    .optional(),
});

export type Printed = {
  lines: number;
  cycles: number;
  /** Sums over all cycles and all tails that could say how they ended. */
  outcomes: Outcomes;
};

/** Reads all that the processes printed; what is wrong with it, or with how they ended, goes to `wrong`. */
export function auditLives(
  { lives }: Crew,
  secrets: readonly string[],
  wrong: (what: string) => void,
): Printed {
  const printed: Printed = { lines: 0, cycles: 0, outcomes: noOutcomes() };
  for (const life of lives) {
    const { name, ended } = life;
    if (ended?.by === "itself") wrong(`${name} ended by itself with ${ended.code}`);
    if (ended?.by === "SIGTERM" && ended.code !== 0) wrong(`${name} ended with ${ended.code}`);
    const told = readLife(life, secrets, printed, wrong);
    if (ended?.by === "SIGTERM" && !told) wrong(`${name} did not say how its tail went`);
  }
  return printed;
}

/** True where it told how its tail went. */
function readLife(
  { name, lines }: Life,
  secrets: readonly string[],
  printed: Printed,
  wrong: (what: string) => void,
): boolean {
  let told = false;
  for (const line of lines) {
    printed.lines++;
    for (const leak of leaksIn(line, secrets)) wrong(`${name} printed ${leak}`);
    if (/failed-unexpectedly|"error\.type":"bug"|\.ts:\d+:\d+/.test(line))
      wrong(`${name}: ${line}`);
    const read = lineShape.safeParse(jsonIn(line));
    if (!read.success) {
      wrong(`${name} printed what is no log: ${line.slice(0, 300)}`);
      continue;
    }
    const { "log_vectorizer.tally": tally, "log_vectorizer.summary": summary } = read.data;
    if (tally) told = true;
    if (summary) printed.cycles++;
    for (const sums of [tally, summary]) if (sums) addUp(name, sums, printed, wrong);
  }
  return told;
}

function addUp(
  name: string,
  { taken, outcomes }: { taken: number; outcomes: Outcomes },
  printed: Printed,
  wrong: (what: string) => void,
): void {
  const sum = OUTCOMES.reduce((all, outcome) => all + outcomes[outcome], 0);
  if (sum !== taken) wrong(`${name}: ${JSON.stringify(outcomes)} do not add up to ${taken}`);
  for (const outcome of OUTCOMES) printed.outcomes[outcome] += outcomes[outcome];
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
