import { isoTime } from "../domain/iso-time.ts";
import { groupInState, type Group, type GroupState } from "../domain/memory/group.ts";
import {
  mergedGroup,
  mergeProblem,
  partOf,
  splitGroup,
  type GroupRules,
} from "../domain/memory/group-rules.ts";
import { MemoryFault } from "../domain/memory/memory-fault.ts";
import type { Clock } from "../ports/clock.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import { knownGroup } from "./known-group.ts";
import { MemoryRefused } from "./memory-refused.ts";

type Deps = { memory: Pick<ErrorMemory, "groups">; clock: Pick<Clock, "now"> };

/**
 * Decisions of people about groups. They hold until another person decides otherwise, whatever the machine thinks of the groups. All
 * throw a MemoryRefused too, and a MemoryFault.
 */
export async function setGroupState(
  { memory, clock }: Deps,
  { group, by, ...wanted }: { group: string; state: GroupState; by: string; until?: string },
  signal: AbortSignal,
): Promise<Group> {
  await knownGroup(memory, group, signal);
  const at = isoTime(clock.now());
  return changeOne(memory, group, (now) => groupInState(now, { ...wanted, by, at }), signal);
}

/** From now on `group` counts as part of `into`; its own counts, episodes and notes are kept and shown with those. */
export async function mergeGroups(
  { memory, clock }: Deps,
  { group, into, by }: { group: string; into: string; by: string },
  signal: AbortSignal,
): Promise<Group> {
  await Promise.all([knownGroup(memory, group, signal), knownGroup(memory, into, signal)]);
  refuse(mergeProblem(group, into, await rulesNow(memory, [group, into], signal)));
  const at = isoTime(clock.now());
  const before = await knownGroup(memory, group, signal);
  const merged = await changeOne(
    memory,
    group,
    (now) => mergedGroup(now, into, { by, at }),
    signal,
  );
  // Another process may have merged the other way round in that moment: a circle is no order, so this one steps back.
  const rules = await rulesNow(memory, [group, into], signal);
  if (!partOf(into, rules).includes(group)) return merged;
  const back = (now: Group) => ({ ...now, merged_into: before.merged_into });
  await changeOne(memory, group, back, signal);
  const message = `Group ${into} was merged into ${group} at the same moment; nothing was changed.`;
  throw new MemoryRefused("invalid", message);
}

/**
 * Takes a group out of the one that it was merged into, or out of `from`, which the machine took it for; they are never taken for
 * alike again.
 */
export async function splitGroups(
  { memory, clock }: Deps,
  { group, from, by }: { group: string; from?: string; by: string },
  signal: AbortSignal,
): Promise<Group> {
  await knownGroup(memory, group, signal);
  if (from !== undefined) await knownGroup(memory, from, signal);
  const merged = partOf(group, await rulesNow(memory, [group], signal));
  const apart = [...new Set([...merged, ...(from === undefined ? [] : [from])])];
  if (apart.length === 0 || apart.includes(group)) {
    refuse(`Group ${group} is not merged into another, so there is nothing to split it from.`);
  }
  const at = isoTime(clock.now());
  return changeOne(memory, group, (now) => splitGroup(now, apart, { by, at }), signal);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new MemoryRefused("invalid", problem);
}

/** The rules on the way up from these groups, in real time: a search may be a second late. */
async function rulesNow(
  { groups }: Pick<ErrorMemory, "groups">,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<GroupRules> {
  const rules = new Map<string, Pick<Group, "merged_into" | "not_like">>();
  let open = [...ids];
  while (open.length > 0) {
    const found = await groups.read(open, signal);
    for (const [id, { merged_into, not_like }] of found) rules.set(id, { merged_into, not_like });
    const above = [...found.values()].flatMap(({ merged_into: up }) => (up ? [up.id] : []));
    open = above.filter((id) => !rules.has(id));
  }
  return rules;
}

async function changeOne(
  { groups }: Pick<ErrorMemory, "groups">,
  id: string,
  change: (now: Group) => Group,
  signal: AbortSignal,
): Promise<Group> {
  const changed = await groups.change(
    [id],
    (_, now) => now && { group: change(now) },
    { visible: "now" },
    signal,
  );
  const [failure] = changed.failed;
  if (failure) throw failure.fault;
  const group = changed.groups.get(id);
  if (group) return group;
  throw new MemoryFault("slow", {
    index: "groups",
    message: `Group ${id} was not changed: others change it again and again, or it was removed.`,
    hint: "Try again.",
  });
}
