import { isoTime, isoTimeIn } from "../domain/iso-time.ts";
import { isGroupId } from "../domain/group.ts";
import { sightedGroup, type Group, type GroupState } from "../domain/memory/group.ts";
import { canonicalGroup } from "../domain/memory/group-rules.ts";
import { MemoryFault } from "../domain/memory/memory-fault.ts";
import { NOTE_LIMITS, textProblem } from "../domain/memory/note.ts";
import { mergeGroups, setGroupState, splitGroups } from "../memory/change-groups.ts";
import { MemoryRefused } from "../memory/memory-refused.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import type { AlikeDeps } from "./find-alike.ts";
import type { EpisodesAnswer, GroupAnswer, GroupsAnswer } from "./group-answers.ts";
import { groupRow } from "./group-row.ts";
import { scopeOf, type GroupsDeps } from "./group-scope.ts";
import { listEpisodes, type EpisodesDeps, type EpisodesQuery } from "./list-episodes.ts";
import { listGroups, type GroupsQuery } from "./list-groups.ts";
import { countGroup, showGroup } from "./show-group.ts";

/** `by`: who decides. */
type Decision = { group: string; by: string };

/**
 * Errors as groups, and what people decide about them. Every method throws a Fault; `show` and `episodes` a SearchRefused too, and the decisions a
 * MemoryRefused. They answer the group as it is kept from then on.
 */
export type Groups = {
  list(query: GroupsQuery, signal: AbortSignal): Promise<GroupsAnswer>;
  show(group: string, signal: AbortSignal): Promise<GroupAnswer>;
  /** Of a merged group: of the one that it counts as. `until`: milliseconds since the epoch, of a mute. */
  setState(
    decision: Decision & { state: GroupState; until?: number | undefined },
    signal: AbortSignal,
  ): Promise<Group>;
  merge(decision: Decision & { into: string }, signal: AbortSignal): Promise<Group>;
  /** Out of what it was merged into. `from`: it counts by itself already, and is never taken for alike with that one again. */
  split(decision: Decision & { from?: string | undefined }, signal: AbortSignal): Promise<Group>;
  episodes(query: EpisodesQuery, signal: AbortSignal): Promise<EpisodesAnswer>;
  /** Takes a group that records have into the memory, where that has not seen it yet. */
  remember(group: string, signal: AbortSignal): Promise<void>;
};

export function createGroups(deps: GroupsDeps & EpisodesDeps & AlikeDeps): Groups {
  const { clock } = deps;
  /** With these groups in the memory: one that it has not seen yet is taken from the counts. */
  const decide = async (
    { by, groups }: { by: string; groups: readonly string[] },
    work: (memory: ErrorMemory) => Promise<Group>,
    signal: AbortSignal,
  ): Promise<Group> => {
    const problem = textProblem("name of who decides", by, NOTE_LIMITS.author);
    if (problem !== undefined) throw new MemoryRefused("invalid", problem);
    try {
      const memory = await deps.memory();
      await rememberGroups(deps, memory, groups, signal);
      return await work(memory);
    } catch (error) {
      if (!(error instanceof MemoryFault) || error.problem !== "absent") throw error;
      throw new MemoryRefused("no_memory", `${error.message}.`, error.hint);
    }
  };
  return {
    list: (query, signal) => listGroups(deps, query, signal),
    show: (group, signal) => showGroup(deps, group, signal),
    episodes: (query, signal) => listEpisodes(deps, query, signal),
    remember: async (group, signal) => rememberGroups(deps, await deps.memory(), [group], signal),
    async setState({ group, state, until, by }, signal) {
      const wanted = { state, by, ...(until === undefined ? {} : { until: isoTime(until) }) };
      const problem = untilProblem({ state, until }, clock.now());
      if (problem !== undefined) throw new MemoryRefused("invalid", problem);
      return decide(
        { by, groups: [group] },
        async (memory) => {
          const root = canonicalGroup(group, await memory.groups.rules(signal));
          return setGroupState({ memory, clock }, { group: root, ...wanted }, signal);
        },
        signal,
      );
    },
    merge: ({ group, into, by }, signal) =>
      decide(
        { by, groups: [group, into] },
        (memory) => mergeGroups({ memory, clock }, { group, into, by }, signal),
        signal,
      ),
    split: ({ group, from, by }, signal) =>
      decide(
        { by, groups: from === undefined ? [group] : [group, from] },
        async (memory) => {
          if (from === undefined) return splitGroups({ memory, clock }, { group, by }, signal);
          const rules = await memory.groups.rules(signal);
          const [one, other] = [canonicalGroup(group, rules), canonicalGroup(from, rules)];
          if (one === other) throw new MemoryRefused("invalid", areOne(group, from));
          return splitGroups({ memory, clock }, { group: one, from: other, by }, signal);
        },
        signal,
      ),
  };
}

function areOne(group: string, from: string): string {
  return group === from
    ? `Group ${group} cannot be kept apart from itself.`
    : `Groups ${group} and ${from} are merged; split the one that is a part first.`;
}

function untilProblem(
  { state, until }: { state: GroupState; until?: number | undefined },
  now: number,
): string | undefined {
  if (until === undefined) return undefined;
  if (state !== "muted") return "Only a group that is muted takes an end (until).";
  return until > now ? undefined : `${isoTime(until)} is past; a mute ends at a time to come.`;
}

/** Groups that no record has, and that the memory does not know, are left out. */
async function rememberGroups(
  deps: GroupsDeps,
  memory: ErrorMemory,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const valid = ids.filter(isGroupId);
  const known = await memory.groups.read(valid, signal);
  for (const id of valid.filter((one) => !known.has(one))) {
    const { scope } = await scopeOf(deps, {}, signal);
    const { count, detail } = await countGroup(deps, { scope, root: id, members: [id] }, signal);
    if (!detail) continue;
    const now = deps.clock.now();
    const row = groupRow(count, detail, { now, show: deps.show, state: "open", merged: [] });
    const { group, template, service, exception, index, id: example, example: text } = row;
    const seen = {
      group,
      template,
      service,
      exception,
      example: { index, id: example, text },
      first_seen: isoTimeIn(count.first) ?? isoTime(now),
      last_seen: isoTimeIn(count.last) ?? isoTime(now),
    };
    const { failed } = await memory.groups.change(
      [id],
      (_, current) => ({ group: sightedGroup(current, seen) }),
      { visible: "now" },
      signal,
    );
    if (failed[0]) throw failed[0].fault;
  }
}
