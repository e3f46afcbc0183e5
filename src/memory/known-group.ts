import { GROUP_ID } from "../domain/group.ts";
import type { Group } from "../domain/memory/group.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import { MemoryRefused } from "./memory-refused.ts";

/** The group of that id. Throws a MemoryRefused where there is none, and a MemoryFault. */
export async function knownGroup(
  { groups }: Pick<ErrorMemory, "groups">,
  id: string,
  signal: AbortSignal,
): Promise<Group> {
  const found = GROUP_ID.test(id) ? (await groups.read([id], signal)).get(id) : undefined;
  if (found) return found;
  throw unknownGroup(id);
}

/** To be thrown where there is no such group. */
export function unknownGroup(id: string): MemoryRefused {
  const form = GROUP_ID.test(id) ? "" : "; the id of a group is 16 digits and letters from a to f";
  return new MemoryRefused("unknown_group", `There is no group ${quoted(id)}${form}.`, LIST);
}

const LIST = "log-vectorizer groups list shows all groups.";

const MAX_QUOTED = 60;

/** What somebody gave, as an error names it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
