import { hasNewName, type Episode } from "../domain/memory/episode.ts";
import type { Group } from "../domain/memory/group.ts";
import type { ErrorTraits, LikeCase } from "../domain/memory/error-alert.ts";
import { markOf, type Note } from "../domain/memory/note.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import { alikeThresholds } from "./alike-groups.ts";
import type { GroupDecisions } from "./group-decisions.ts";
import { rankPastCases, type Case, type PastCase } from "./past-cases.ts";

/** An episode that people are told of, beside which past cases are put. Times are in ms since the epoch. */
export type OpenCase = {
  /** Of the group that it counts as. */
  traits: ErrorTraits;
  fromMs: number;
  count: number;
  rose: Episode["rose_with"];
} & Pick<Episode, "hosts" | "versions">;

/** Who knows about past cases: the memory, the model of its vectors, and which groups count as one or are kept apart. */
type CaseDeps = {
  memory: Pick<ErrorMemory, "groups" | "episodes" | "notes">;
  model: string;
  decisions: Pick<GroupDecisions, "rootOf" | "membersOf" | "apartFrom">;
};

type KeptCase = Case & { episode: Episode };

/** The latest ones; older ones are not compared. */
const MAX_CASES = 2000;
const PAGE = 500;
/** Of those that are alike for sure, so many are asked for notes. */
const MAX_ASKED = 20;
const MAX_NOTES = 100;
const MAX_NAMED = 3;

/**
 * The past case that an episode is told to be like: of those whose error is the same or surely alike, the first of which a person wrote
 * something; else the first. Undefined where there is none, or where what people keep apart cannot be read. Reads at most 2,000 ended episodes. Throws a MemoryFault.
 */
export async function findLikeCase(
  deps: CaseDeps,
  now: OpenCase,
  signal: AbortSignal,
): Promise<LikeCase | undefined> {
  const { memory, model, decisions } = deps;
  const { rootOf, membersOf } = decisions;
  const apart = decisions.apartFrom(now.traits.group);
  if (!apart) return undefined;
  const members = membersOf(now.traits.group);
  const cases = await readCases(memory.episodes, { members, fromMs: now.fromMs }, signal);
  const past = cases.filter(({ group }) => !apart.has(rootOf(group)));
  const ids = [...new Set([now.traits.group, ...past.map(({ group }) => group)])];
  const [known, vectors] = await Promise.all([
    memory.groups.read(ids, signal),
    memory.groups.vectors(ids, model, signal),
  ]);
  const caseOf = (group: string, rest: Pick<Case, "id" | "fromMs" | "count" | "rose">): Case => {
    const vector = vectors.get(group)?.values;
    return {
      ...rest,
      group: rootOf(group),
      service: known.get(group)?.service ?? "",
      ...(vector ? { vector } : {}),
    };
  };
  const ours: Case = {
    ...caseOf(now.traits.group, { id: "", fromMs: now.fromMs, count: now.count, rose: now.rose }),
    service: now.traits.service ?? "",
  };
  const theirs = past.map((episode): KeptCase => {
    const { episode: id, group, from, count, rose_with: rose } = episode;
    return { ...caseOf(group, { id, fromMs: Date.parse(from), count, rose }), episode };
  });
  const { surely } = alikeThresholds(model);
  const candidates = rankPastCases(ours, theirs, theirs.length).filter(
    ({ error }) => error >= surely,
  );
  const notes = await readNotes(memory.notes, candidates, membersOf, signal);
  const noted = candidates.find((one) => notes.has(one.case.group));
  const found = noted ?? candidates[0];
  return (
    found && (await likeCaseOf(memory, found, now, known, notes.get(found.case.group), signal))
  );
}

/** Ended episodes, without the one that people are told of, latest first. */
async function readCases(
  episodes: ErrorMemory["episodes"],
  { members, fromMs }: { members: readonly string[]; fromMs: number },
  signal: AbortSignal,
): Promise<Episode[]> {
  const found: Episode[] = [];
  for (let from: string | undefined; found.length < MAX_CASES;) {
    const after = from === undefined ? {} : { from };
    const page = await episodes.page({ ended: true, limit: PAGE, ...after }, signal);
    found.push(...page.items);
    if (page.next === undefined) break;
    from = page.next;
  }
  return found.filter(({ group, to }) => !members.includes(group) || Date.parse(to) < fromMs);
}

/** The note to be told of each group that has one, by the group that it counts as. */
async function readNotes(
  notes: ErrorMemory["notes"],
  candidates: readonly PastCase<KeptCase>[],
  membersOf: GroupDecisions["membersOf"],
  signal: AbortSignal,
): Promise<Map<string, Note>> {
  const roots = [...new Set(candidates.map((one) => one.case.group))].slice(0, MAX_ASKED);
  const groups = roots.flatMap(membersOf);
  if (groups.length === 0) return new Map();
  const { items } = await notes.page({ groups, limit: MAX_NOTES }, signal);
  const found = new Map<string, Note>();
  for (const root of roots) {
    const own = items.filter(({ group }) => membersOf(root).includes(group));
    const note = own.find((one) => markOf(one) === null);
    if (note) found.set(root, note);
  }
  return found;
}

async function likeCaseOf(
  { groups }: Pick<ErrorMemory, "groups">,
  found: PastCase<KeptCase>,
  { traits, hosts, versions }: OpenCase,
  known: ReadonlyMap<string, Group>,
  note: Note | undefined,
  signal: AbortSignal,
): Promise<LikeCase> {
  const { episode, group } = found.case;
  const [onlyNow, onlyThen] = [found.onlyNow, found.onlyThen].map((ids) => ids.slice(0, MAX_NAMED));
  const others = await groups.read([group, ...(onlyNow ?? []), ...(onlyThen ?? [])], signal);
  const named = (id: string) => {
    const of = others.get(id) ?? known.get(id);
    return { group: id, service: of?.service ?? null, template: of?.template ?? "" };
  };
  return {
    ...(found.sameGroup ? named(traits.group) : named(group)),
    ...(found.sameGroup ? { service: traits.service, template: traits.template } : {}),
    episode: episode.episode,
    same_group: found.sameGroup,
    likeness: found.likeness,
    from: Date.parse(episode.from),
    to: Date.parse(episode.to),
    count: episode.count,
    only_now: (onlyNow ?? []).map(named),
    only_then: (onlyThen ?? []).map(named),
    ...(hasNewName(hosts, episode.hosts) ? { hosts: { now: hosts, before: episode.hosts } } : {}),
    ...(hasNewName(versions, episode.versions)
      ? { versions: { now: versions, before: episode.versions } }
      : {}),
    ...(note ? { note: toldNote(note) } : {}),
  };
}

function toldNote({ cause, fix, link, author, at, verdicts }: Note): NonNullable<LikeCase["note"]> {
  const confirmed = verdicts[0]?.verdict === "confirmed";
  return { cause, fix, link, author, at, confirmed };
}
