import type { Group } from "../domain/memory/group.ts";
import type { GroupMemory } from "../ports/error-memory.ts";

/** `embedded`: groups with a vector of the model now; `left`: those that still have one of another. */
export type ReembeddedGroups = { embedded: number; left: number };

const PAGE = 500;
/** Texts of one request, as of a batch of records. */
const AT_ONCE = 100;

/**
 * Gives groups whose vector is of another model one of this: that of their example, which later ones are added to. `embed` answers a
 * vector, or undefined, for each text, in their order, and is asked no more once a whole part of them got none. Throws a MemoryFault.
 */
export async function reembedGroups(
  groups: Pick<GroupMemory, "page" | "change">,
  {
    model,
    embed,
  }: {
    model: string;
    embed(texts: readonly string[]): Promise<(Float32Array | undefined)[]>;
  },
  signal: AbortSignal,
): Promise<ReembeddedGroups> {
  const others = await ofOtherModels(groups, model, signal);
  let embedded = 0;
  for (let at = 0; at < others.length && !signal.aborted; at += AT_ONCE) {
    const part = others.slice(at, at + AT_ONCE);
    const vectors = await embed(part.map((one) => one.example?.text ?? one.template));
    const vectorOf = new Map(part.map(({ group }, i) => [group, vectors[i]]));
    if (vectors.every((vector) => vector === undefined)) break;
    const { groups: changed, failed } = await groups.change(
      part.map(({ group }) => group),
      (id, current) => {
        const values = vectorOf.get(id);
        if (!current || !values || current.vector_of?.model === model) return undefined;
        return { group: current, vector: { values, model, texts: 1 } };
      },
      { visible: "soon" },
      signal,
    );
    const [failure] = failed;
    if (failure) throw failure.fault;
    embedded += [...changed.values()].filter((one) => one.vector_of?.model === model).length;
  }
  return { embedded, left: others.length - embedded };
}

async function ofOtherModels(
  groups: Pick<GroupMemory, "page">,
  model: string,
  signal: AbortSignal,
): Promise<Group[]> {
  const found: Group[] = [];
  for (let from: string | undefined; ;) {
    const page = await groups.page(
      { limit: PAGE, ...(from === undefined ? {} : { from }) },
      signal,
    );
    found.push(...page.items.filter((one) => one.vector_of && one.vector_of.model !== model));
    if (page.next === undefined) return found;
    from = page.next;
  }
}
