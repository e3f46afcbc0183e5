import type { GroupMemory, NearGroup, NearWanted } from "../../../ports/error-memory.ts";
import { BY_LAST_SEEN, groupIn, vectorIn, VECTORS_AT_ONCE } from "./group-document.ts";
import { bitsOf, differingBits, mostDiffering } from "./group-vector.ts";
import type { OwnIndex } from "./own-index.ts";
import { sortOf } from "./read-pages.ts";

/** Sketches of one search, which are a megabyte: `index.max_result_window`. */
const MOST_COMPARED = 10_000;

/** A group as others are looked for: `kind` is its service and exception. */
type Sketched = { group: string; kind: string; bits: Int32Array };

/**
 * Answers `GroupMemory.nearest` by the sketches of all groups, and reads the vectors of the few that are near by them. Nothing is kept
 * between two calls: the sketches of 10,000 groups are one request, and so a group, a merge or a split of a moment ago counts.
 */
export async function readNearest(
  index: OwnIndex,
  ids: readonly string[],
  wanted: NearWanted,
  signal: AbortSignal,
): ReturnType<GroupMemory["nearest"]> {
  if (ids.length === 0) return new Map();
  const { model, leastCosine, limit, isMeant } = wanted;
  const [asked, all] = await Promise.all([
    readGroups(index, ids, model, signal),
    readSketches(index, model, signal),
  ]);
  const mostBits = mostDiffering(leastCosine);
  const near = new Map<string, string[]>();
  for (const [id, { sketched }] of asked) {
    const isOther = (other: string) => isMeant(id, other);
    near.set(id, nearestOf(sketched, all, { limit, mostBits, isMeant: isOther }));
  }
  const missing = [...new Set([...near.values()].flat())].filter((id) => !asked.has(id));
  const found = new Map([...asked, ...(await readGroups(index, missing, model, signal))]);
  return new Map(
    [...asked].map(([id, own]) => [
      id,
      { own, near: (near.get(id) ?? []).flatMap((other) => found.get(other) ?? []) },
    ]),
  );
}

/** The groups whose sketches differ the least, the nearest first: so many of the same kind, and so many others. */
export function nearestOf(
  one: Sketched,
  all: readonly Sketched[],
  {
    limit,
    mostBits,
    isMeant,
  }: { limit: number; mostBits: number; isMeant(other: string): boolean },
): string[] {
  const same: { group: string; bits: number }[] = [];
  const others: typeof same = [];
  for (const { group, kind, bits: sketch } of all) {
    if (group === one.group) continue;
    const bits = differingBits(one.bits, sketch);
    const kept = kind === one.kind ? same : others;
    const last = kept[limit - 1];
    if (bits > mostBits || (last && bits >= last.bits) || !isMeant(group)) continue;
    const at = kept.findLastIndex((other) => other.bits <= bits) + 1;
    kept.splice(at, 0, { group, bits });
    if (kept.length > limit) kept.pop();
  }
  return [...same, ...others].toSorted((a, b) => a.bits - b.bits).map(({ group }) => group);
}

async function readSketches(
  index: OwnIndex,
  model: string,
  signal: AbortSignal,
): Promise<Sketched[]> {
  const rows = await index.columns(
    {
      query: { bool: { filter: [{ term: { "vector_of.model": model } }] } },
      sort: sortOf(BY_LAST_SEEN, "desc"),
      size: MOST_COMPARED,
      fields: ["group", "service", "exception", "vector_sketch"],
    },
    signal,
  );
  return rows.map(({ group, service, exception, vector_sketch: sketch }) => {
    return { group, kind: kindOf(service, exception), bits: bitsOf(sketch) };
  });
}

/** Those of these groups that have a vector of that model, with it. */
async function readGroups(
  index: OwnIndex,
  ids: readonly string[],
  model: string,
  signal: AbortSignal,
): Promise<Map<string, NearGroup & { sketched: Sketched }>> {
  const read = new Map<string, NearGroup & { sketched: Sketched }>();
  for (let at = 0; at < ids.length; at += VECTORS_AT_ONCE) {
    const found = await index.read(ids.slice(at, at + VECTORS_AT_ONCE), {}, signal);
    for (const [id, document] of found) {
      const vector = vectorIn(document.source);
      if (vector?.model !== model) continue;
      const group = groupIn(index, document);
      const kind = kindOf(group.service ?? "", group.exception ?? "");
      const bits = bitsOf(String(document.source["vector_sketch"]));
      read.set(id, { group, values: vector.values, sketched: { group: id, kind, bits } });
    }
  }
  return read;
}

function kindOf(service: string, exception: string): string {
  return `${service}\n${exception}`;
}
