import { cutText } from "../domain/cut-text.ts";
import type { Group } from "../domain/memory/group.ts";
import type { Note } from "../domain/memory/note.ts";
import type { Clock } from "../ports/clock.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import { alikeGroups, alikeThresholds, compareWords, type GroupText } from "./alike-groups.ts";
import type { AlikeRow } from "./group-answers.ts";
import type { GroupDecisions } from "./group-decisions.ts";
import { MAX_SHOWN_BYTES, shownState, type ShowText } from "./group-row.ts";

/** Groups that are proposed. */
const PROPOSED = 5;
/** The nearest ones that are compared: some are merged, or kept apart. */
const COMPARED = 200;
/** The newest of each proposed group. */
const MAX_NOTES = 20;
/** Of the groups that are merged into one, so many are asked for vectors and notes. */
const MAX_MEMBERS = 100;

export type AlikeDeps = {
  /** The one in force, as stamps name it: vectors of other models are not compared. Throws a Fault. */
  model(): Promise<string>;
  show: Pick<ShowText, "toShown">;
  clock: Pick<Clock, "now">;
};

/**
 * The groups most like one by the meaning of their texts, the surest and nearest first, with the newest of all their notes. None that is
 * merged with it, and none that a person keeps apart from it. Where an alike group is merged into another, it is proposed under the
 * id of that one; what it is and says is of the part that is alike. Undefined where the memory cannot be read; empty where it has no
 * vector of the group. `root`: the group that it counts as.
 */
export async function findAlike(
  { model, show, clock }: AlikeDeps,
  { decisions, root }: { decisions: GroupDecisions; root: string },
  signal: AbortSignal,
): Promise<AlikeRow[] | undefined> {
  const apart = decisions.apartFrom(root);
  const members = decisions.membersOf(root).slice(0, MAX_MEMBERS);
  const named = await model();
  const found =
    apart && (await decisions.ask(({ groups }) => readNearest(groups, members, named, signal)));
  if (!found) return decisions.answer().kept ? undefined : [];
  const { own, near } = found;
  if (!own) return [];
  const isOther = ({ group }: GroupText) => {
    const counted = decisions.rootOf(group);
    return counted !== root && !apart.has(counted);
  };
  const ranked = alikeGroups(own, near.filter(isOther), alikeThresholds(named), COMPARED);
  // Of the parts of one group the first is the nearest.
  const roots = [...Map.groupBy(ranked, ({ group }) => decisions.rootOf(group))].slice(0, PROPOSED);
  const kept = await decisions.read(
    roots.map(([id]) => id),
    signal,
  );
  const shown = (template: string) => cutText(show.toShown(template), MAX_SHOWN_BYTES).text;
  const rows = roots.flatMap(([id, [part]]) => {
    const text = near.find(({ group }) => group === part?.group);
    if (!part || !text) return [];
    const known = kept.get(id) ?? text.kept;
    const times = { first: Date.parse(known.first_seen), last: Date.parse(known.last_seen) };
    const words = compareWords(shown(own.template), shown(text.template));
    return {
      group: id,
      service: text.kept.service,
      exception: text.kept.exception,
      template: shown(text.template),
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

type KeptText = GroupText & { kept: Group };

/** The group itself, or the first of those merged into it that has a vector; and the groups nearest to that. */
async function readNearest(
  groups: ErrorMemory["groups"],
  members: readonly string[],
  model: string,
  signal: AbortSignal,
): Promise<{ own?: KeptText; near: KeptText[] }> {
  const [kept, vectors] = await Promise.all([
    groups.read(members, signal),
    groups.vectors(members, model, signal),
  ]);
  for (const id of members) {
    const [group, vector] = [kept.get(id), vectors.get(id)];
    if (!group || !vector) continue;
    const near = await groups.nearest(vector, COMPARED, signal);
    const texts = near.map((other) => textOf(other.group, other.values));
    return { own: textOf(group, vector.values), near: texts };
  }
  return { near: [] };
}

function textOf(kept: Group, vector: Float32Array): KeptText {
  const { group, service, exception, template } = kept;
  const named = exception === null ? {} : { exception };
  return { group, service: service ?? "", ...named, template, vector, kept };
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
