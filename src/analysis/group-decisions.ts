import { Fault, orFault } from "../domain/faults.ts";
import type { Group } from "../domain/memory/group.ts";
import { canonicalGroup, keptApart, type GroupRules } from "../domain/memory/group-rules.ts";
import { MemoryFault } from "../domain/memory/memory-fault.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import type { MemoryAnswer } from "./group-answers.ts";

/** Throws a Fault where the store keeps no memory of errors. */
export type OpenErrorMemory = () => Promise<ErrorMemory>;

/** What people decided about groups, as far as it can be read: counts are shown without it too. */
export type GroupDecisions = {
  /** The group that one counts as. */
  rootOf(group: string): string;
  /** That group, and those merged with it. */
  membersOf(root: string): readonly string[];
  /** The groups that people keep apart from it, under those that they count as; undefined where that cannot be read. */
  apartFrom(root: string): ReadonlySet<string> | undefined;
  /** Of these, those that the memory knows, as they are now. */
  read(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Group>>;
  /** Anything else of it; undefined where there is none, or where it cannot be read. */
  ask<T>(question: (memory: ErrorMemory) => Promise<T>): Promise<T | undefined>;
  /** A part of what was asked cannot be shown. */
  note(problem: MemoryAnswer["problems"][number]): void;
  /** What became of all that was asked so far. */
  answer(): MemoryAnswer;
};

const NOBODY: ReadonlyMap<string, Group> = new Map();
const NONE: ReadonlySet<string> = new Set();

/** Reads the merges. Throws no Fault: what cannot be read is a problem of the answer. */
export async function readDecisions(
  open: OpenErrorMemory,
  signal: AbortSignal,
): Promise<GroupDecisions> {
  const opened = await orFault(open());
  let memory = opened instanceof Fault ? undefined : opened;
  const faults = new Map<string, MemoryFault>();
  const noted: MemoryAnswer["problems"] = [];
  const ask = async <T>(question: (memory: ErrorMemory) => Promise<T>): Promise<T | undefined> => {
    if (!memory) return undefined;
    try {
      return await question(memory);
    } catch (error) {
      if (!(error instanceof MemoryFault)) throw error;
      const isNone = error.problem === "absent" && (await isAbsent(memory, signal));
      // Nobody made these indices: that is no fault.
      if (isNone) memory = undefined;
      else faults.set(error.index, error);
      return undefined;
    }
  };
  const rules: GroupRules = (await ask(({ groups }) => groups.rules(signal))) ?? new Map();
  const areReadable = faults.size === 0;
  const rootOf = (group: string) => canonicalGroup(group, rules);
  const members = Map.groupBy(rules.keys(), rootOf);
  const apart = keptApart(rules);
  return {
    rootOf,
    membersOf: (root) => [...new Set([root, ...(members.get(root) ?? [])])],
    apartFrom: (root) => (areReadable ? (apart.get(root) ?? NONE) : undefined),
    read: async (ids) =>
      (areReadable ? await ask(({ groups }) => groups.read(ids, signal)) : undefined) ?? NOBODY,
    ask,
    note: (problem) => void noted.push(problem),
    answer: () => ({
      kept: memory !== undefined,
      problems: [
        ...[...faults.values()].map(({ message, hint }) => ({ message, hint: hint ?? null })),
        ...noted,
      ],
    }),
  };
}

/** Whether no own index is there. One that is gone while the others are there was deleted. */
async function isAbsent({ states }: ErrorMemory, signal: AbortSignal): Promise<boolean> {
  return (await states(signal)).every(({ state }) => state === "absent");
}
