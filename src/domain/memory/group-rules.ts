import type { Group } from "./group.ts";

/** What people decided about groups: which is part of which, and which are never taken for each other. */
export type GroupRules = ReadonlyMap<string, Pick<Group, "merged_into" | "not_like">>;

/**
 * The group that this one counts as: the end of its chain of merges (a into b, b into c: c). Should two processes ever have
 * closed a circle, all of its groups count as the one with the smallest id.
 */
export function canonicalGroup(id: string, rules: GroupRules): string {
  const seen = new Set<string>();
  let at = id;
  for (;;) {
    const next = rules.get(at)?.merged_into?.id;
    if (next === undefined) return at;
    if (seen.has(at)) return smallestOfCircle(at, rules);
    seen.add(at);
    at = next;
  }
}

function smallestOfCircle(start: string, rules: GroupRules): string {
  let smallest = start;
  let at = rules.get(start)?.merged_into?.id ?? start;
  while (at !== start) {
    if (at < smallest) smallest = at;
    at = rules.get(at)?.merged_into?.id ?? start;
  }
  return smallest;
}

/** The groups that count as one with this one, itself among them. */
export function mergedWith(id: string, rules: GroupRules): string[] {
  const canonical = canonicalGroup(id, rules);
  const members = [...rules.keys()].filter((one) => canonicalGroup(one, rules) === canonical);
  return [...new Set([id, canonical, ...members])];
}

/**
 * What people said is not alike, from either side: of each group that others count as, the groups that those count as that it is kept
 * apart from. The machine proposes them no more. One pass over the rules.
 */
export function keptApart(rules: GroupRules): ReadonlyMap<string, ReadonlySet<string>> {
  const apart = new Map<string, Set<string>>();
  const add = (one: string, other: string) =>
    apart.set(one, new Set([...(apart.get(one) ?? []), other]));
  for (const [id, { not_like: others }] of rules) {
    const one = canonicalGroup(id, rules);
    for (const other of others.map((said) => canonicalGroup(said.id, rules))) {
      add(one, other);
      add(other, one);
    }
  }
  return apart;
}

/** Why a merge cannot be, a sentence; undefined where it can. */
export function mergeProblem(id: string, into: string, rules: GroupRules): string | undefined {
  if (id === into) return `Group ${id} cannot be merged into itself.`;
  const already = rules.get(id)?.merged_into?.id;
  if (already !== undefined && already !== into) {
    return `Group ${id} is merged into ${already} already; split it first.`;
  }
  if (canonicalGroup(into, rules) !== id && !chainOf(into, rules).includes(id)) return undefined;
  return `Group ${into} is part of ${id} already, so ${id} cannot become a part of it; split ${into} first.`;
}

/** The groups from this one to the end of its merges. */
function chainOf(id: string, rules: GroupRules): string[] {
  const chain = [id];
  for (;;) {
    const next = rules.get(chain.at(-1) ?? id)?.merged_into?.id;
    if (next === undefined || chain.includes(next)) return chain;
    chain.push(next);
  }
}

type Decision = { by: string; at: string };

/** The latest word of a person holds: what was kept apart from that group is no more. */
export function mergedGroup(current: Group, into: string, { by, at }: Decision): Group {
  const notLike = current.not_like.filter(({ id }) => id !== into);
  return { ...current, merged_into: { id: into, by, at }, not_like: notLike };
}

/** No longer part of the group that it was merged into, and never taken for any of `apart`. */
export function splitGroup(current: Group, apart: readonly string[], { by, at }: Decision): Group {
  const kept = current.not_like.filter(({ id }) => !apart.includes(id));
  const added = apart.map((id) => ({ id, by, at }));
  return { ...current, merged_into: null, not_like: [...kept, ...added] };
}

/** What a split keeps a group apart from: all that it was part of. */
export function partOf(id: string, rules: GroupRules): string[] {
  return chainOf(id, rules).slice(1);
}
