import { leaksIn } from "../../test/support/asserts/leaks.ts";
import { isPoison, type Shipper } from "./shipper.ts";
import type { World } from "./world.ts";

/** What is in the topic of dead letters. */
type LetterCounts = { malformed: number; refused: number; no_text: number; repeats: number };

/** Each malformed message and nothing that is good has a letter; nothing that we add to one gives a secret away. */
export async function auditLetters(
  { kafka, letters }: Pick<World, "kafka" | "letters">,
  shipper: Shipper,
  wrong: (what: string) => void,
  signal: AbortSignal,
): Promise<LetterCounts> {
  const counts: LetterCounts = { malformed: 0, refused: 0, no_text: 0, repeats: 0 };
  const seen = new Set<string>();
  for await (const some of kafka.deadLetters(letters).read(signal)) {
    for (const { value, headers } of some) {
      const text = String(value);
      const added = headers.map(([name, held]) => `${name}: ${String(held)}`).join("\n");
      for (const leak of leaksIn(added, [])) wrong(`a dead letter tells ${leak}`);
      if (seen.has(text)) {
        counts.repeats++;
        continue;
      }
      seen.add(text);
      const id = /^\{"log_id":"([^"]*)"/.exec(text)?.[1];
      const { sort, log } = shipper.shipped.get(id ?? "") ?? {};
      if (/^no log \d+$/.test(text)) counts.malformed++;
      else if (isPoison(log?.message ?? "")) counts.refused++;
      else if (sort === "empty") counts.no_text++;
      else wrong(`a dead letter for ${text.slice(0, 200)} (${String(sort)}): ${added}`);
    }
  }
  const missing = shipper.malformed() - counts.malformed;
  if (missing > 0) wrong(`${missing} malformed messages have no dead letter`);
  return counts;
}
