import { sightedGroup, type Sighting } from "../domain/memory/group.ts";
import type { MemoryFault } from "../domain/memory/memory-fault.ts";
import type { GroupMemory, GroupVector } from "../ports/error-memory.ts";

/** `vector`: of the text of its example, where the records have one. */
export type Seen = Sighting & { vector?: { values: Float32Array; model: string } };

/** The mean of more texts is not another one: they differ in what is masked. */
const MAX_TEXTS = 20;
/** Each write of a group is a document of some KB. */
const AT_ONCE = 200;

/**
 * Writes what was seen of groups: those that are not known yet, their times, and the mean of the vectors of their texts, which begins again
 * with another model. Returns what could not be written. Throws a MemoryFault where nothing could be read.
 */
export async function keepGroups(
  groups: Pick<GroupMemory, "change" | "vectors">,
  seen: readonly Seen[],
  signal: AbortSignal,
): Promise<MemoryFault[]> {
  const faults: MemoryFault[] = [];
  for (let at = 0; at < seen.length; at += AT_ONCE) {
    const part = new Map(seen.slice(at, at + AT_ONCE).map((one) => [one.group, one]));
    const models = new Set([...part.values()].flatMap(({ vector }) => vector?.model ?? []));
    const kept = new Map<string, GroupVector>();
    for (const model of models) {
      for (const [id, one] of await groups.vectors([...part.keys()], model, signal)) {
        kept.set(id, one);
      }
    }
    const { failed } = await groups.change(
      [...part.keys()],
      (id, current) => {
        const one = part.get(id);
        if (!one) return undefined;
        const vector = one.vector && meanWith(kept.get(id), one.vector);
        return { group: sightedGroup(current, one), ...(vector ? { vector } : {}) };
      },
      { visible: "soon" },
      signal,
    );
    faults.push(...failed.map(({ fault }) => fault));
  }
  return faults;
}

/** Undefined where the mean stays as it is. */
function meanWith(
  kept: GroupVector | undefined,
  { values, model }: { values: Float32Array; model: string },
): GroupVector | undefined {
  if (kept?.model !== model || kept.values.length !== values.length) {
    return { values, model, texts: 1 };
  }
  const { texts } = kept;
  if (texts >= MAX_TEXTS) return undefined;
  const mean = kept.values.map((value, i) => (value * texts + (values[i] ?? 0)) / (texts + 1));
  return { values: mean, model, texts: texts + 1 };
}
