import { cutText } from "../domain/cut-text.ts";
import type { Group } from "../domain/memory/group.ts";
import type { Note } from "../domain/memory/note.ts";
import type { Clock } from "../ports/clock.ts";
import {
  alikeGroups,
  alikeThresholds,
  compareWords,
  type AlikeGroup,
  type GroupText,
} from "./alike-groups.ts";
import type { AlikeRow } from "./group-answers.ts";
import type { GroupDecisions } from "./group-decisions.ts";
import { MAX_SHOWN_BYTES, shownState, type ShowText } from "./group-row.ts";

/** Groups that are proposed. */
const PROPOSED = 5;
/** The nearest ones of the same service and exception, and of others, that are compared: parts of one group count once. */
const COMPARED = 100;
/** The newest of each proposed group. */
const MAX_NOTES = 20;
/** Of the groups that are merged into one, so many are asked for vectors and notes. */
export const MAX_MEMBERS = 100;

export type AlikeDeps = {
  /** The one in force, as stamps name it: vectors of other models are not compared. Throws a Fault. */
  model(): Promise<string>;
  show: Pick<ShowText, "toShown">;
  clock: Pick<Clock, "now">;
};

/** A group that is alike, under the id of the one that it counts as. `part`, `kept`: of the one whose text is alike. */
type Ranked = { group: string; part: AlikeGroup; kept: Group };

/**
 * Of each of these groups: those most like it by the meaning of their texts, the surest and nearest first. None that is merged with it, and
 * none that people keep apart from it. A group speaks by its own vector, else by that of the first one merged into it that has one; one
 * without a vector by this model is not in the answer. `limit`: so many of the same service and exception are compared, and so many
 * others. Undefined where the memory cannot be read. `otherModel`: how many of the groups have vectors of other models only.
 */
export async function rankAlike(
  model: string,
  {
    decisions,
    roots,
    limit,
  }: { decisions: GroupDecisions; roots: readonly string[]; limit: number },
  signal: AbortSignal,
): Promise<
  { alike: ReadonlyMap<string, { own: Group; ranked: Ranked[] }>; otherModel: number } | undefined
> {
  const { rootOf } = decisions;
  const apart = new Map(roots.map((root) => [root, decisions.apartFrom(root)]));
  const membersOf = (root: string) => decisions.membersOf(root).slice(0, MAX_MEMBERS);
  const known = await decisions.ask(({ groups }) => groups.read(roots.flatMap(membersOf), signal));
  if (!known || [...apart.values()].includes(undefined)) return undefined;
  const modelOf = (id: string) => known.get(id)?.vector_of?.model;
  const speakers = roots.flatMap(
    (root) => membersOf(root).find((id) => modelOf(id) === model) ?? [],
  );
  const withVector = roots.filter((root) =>
    membersOf(root).some((id) => modelOf(id) !== undefined),
  );
  const isMeant = (id: string, other: string) => {
    const [root, counted] = [rootOf(id), rootOf(other)];
    return counted !== root && !apart.get(root)?.has(counted);
  };
  const thresholds = alikeThresholds(model);
  const wanted = { model, limit, leastCosine: thresholds.perhaps, isMeant };
  const near = await decisions.ask(({ groups }) => groups.nearest(speakers, wanted, signal));
  if (!near) return undefined;
  const alike = [...near].map(([id, { own, near: others }]) => {
    const keptOf = new Map(others.map(({ group }) => [group.group, group]));
    const texts = others.map(({ group, values }) => textOf(group, values));
    const parts = alikeGroups(textOf(own.group, own.values), texts, thresholds, texts.length);
    // Of the parts of one group the first is the nearest.
    const ranked = [...Map.groupBy(parts, ({ group }) => rootOf(group))].flatMap(
      ([group, [part]]) => {
        const kept = part && keptOf.get(part.group);
        return kept ? [{ group, part, kept }] : [];
      },
    );
    return [rootOf(id), { own: own.group, ranked }] as const;
  });
  return { alike: new Map(alike), otherModel: withVector.length - speakers.length };
}

/**
 * The groups most like one, with the newest of all their notes. Where an alike group is merged into another, it is proposed under the
 * id of that one; what it is and says is of the part that is alike. Undefined where the memory cannot be read; empty where it has no
 * vector of the group. `root`: the group that it counts as.
 */
export async function findAlike(
  { model, show, clock }: AlikeDeps,
  { decisions, root }: { decisions: GroupDecisions; root: string },
  signal: AbortSignal,
): Promise<AlikeRow[] | undefined> {
  const wanted = { decisions, roots: [root], limit: COMPARED };
  const found = await rankAlike(await model(), wanted, signal);
  if (!found) return decisions.answer().kept ? undefined : [];
  const { own, ranked = [] } = found.alike.get(root) ?? {};
  if (!own) return [];
  const proposed = ranked.slice(0, PROPOSED);
  const ids = proposed.map(({ group }) => group);
  const roots = await decisions.read(ids, signal);
  const shown = (template: string) => shownTemplate(template, show);
  const rows = proposed.map(({ group, part, kept }) => {
    const known = roots.get(group) ?? kept;
    const times = { first: Date.parse(known.first_seen), last: Date.parse(known.last_seen) };
    const words = compareWords(shown(own.template), shown(kept.template));
    return {
      group,
      service: kept.service,
      exception: kept.exception,
      template: shown(kept.template),
      state: shownState(known, times, clock.now()),
      surely: part.surely,
      cosine: part.cosine,
      common: words.common,
      only_this: words.onlyThis,
      only_other: words.onlyOther,
      differs: part.differs,
    };
  });
  return Promise.all(
    rows.map(async (row) => ({ ...row, notes: await readNotes(decisions, row.group, signal) })),
  );
}

/** Cut, and without secrets. */
export function shownTemplate(template: string, { toShown }: Pick<ShowText, "toShown">): string {
  return cutText(toShown(template), MAX_SHOWN_BYTES).text;
}

function textOf({ group, service, exception, template }: Group, vector: Float32Array): GroupText {
  const named = exception === null ? {} : { exception };
  return { group, service: service ?? "", ...named, template, vector };
}

/** Null where they cannot be read. */
async function readNotes(
  decisions: GroupDecisions,
  group: string,
  signal: AbortSignal,
): Promise<Note[] | null> {
  const groups = decisions.membersOf(group).slice(0, MAX_MEMBERS);
  const page = await decisions.ask(({ notes }) => notes.page({ limit: MAX_NOTES, groups }, signal));
  return page?.items ?? null;
}
