import { Fault, orFault } from "../domain/faults.ts";
import { markOf } from "../domain/memory/note.ts";
import { MAX_MEMBERS, rankAlike, shownTemplate, type AlikeDeps } from "./find-alike.ts";
import type { Like } from "./group-answers.ts";
import type { GroupDecisions } from "./group-decisions.ts";

/**
 * The nearest of the same service and exception, and of others, that are compared for each group: the sketches say well enough who they
 * are (docs/performance.md, "Groups of errors"), and each is a vector to be read.
 */
export const COMPARED = 8;
/** The newest ones of all that is named. */
const MAX_NOTES = 200;

/** `likes`: by the group that it is of, which is left out where no other is alike. */
type MostLike = { likes: ReadonlyMap<string, Like>; otherModel: number };

/**
 * Of each of these groups the one that it is most like, as `findAlike` would propose it first, with whether it has a note. It is looked
 * for anew each time, by three requests for all groups together: kept beside a group it would be wrong after each merge, split and
 * new group, and keeping it right would be a write of every group that a new one is near to. Undefined where there is no memory, or
 * where it cannot be read: `decisions` know why. `roots`: groups that others count as.
 */
export async function findMostLike(
  { model, show }: Pick<AlikeDeps, "model" | "show">,
  { decisions, roots }: { decisions: GroupDecisions; roots: readonly string[] },
  signal: AbortSignal,
): Promise<MostLike | undefined> {
  if (!decisions.answer().kept) return undefined;
  const named = await orFault(model());
  if (named instanceof Fault) {
    const message = `the model in force is not known, so that nothing is said to be alike: ${named.message}`;
    decisions.note({ message, hint: named.hint ?? null });
    return undefined;
  }
  const found = await rankAlike(named, { decisions, roots, limit: COMPARED }, signal);
  if (!found) return undefined;
  const first = [...found.alike].flatMap(([root, { ranked }]) =>
    ranked[0] ? [{ root, ...ranked[0] }] : [],
  );
  const hasNote = await readNoted(
    decisions,
    first.map(({ group }) => group),
    signal,
  );
  const likes = first.map(({ root, group, part, kept }): [string, Like] => [
    root,
    {
      group,
      service: kept.service,
      template: shownTemplate(kept.template, show),
      surely: part.surely,
      cosine: part.cosine,
      note: hasNote(group),
    },
  ]);
  return { likes: new Map(likes), otherModel: found.otherModel };
}

/** Whether a group has a note that nobody calls wrong or outdated; null: not known. */
async function readNoted(
  decisions: GroupDecisions,
  groups: readonly string[],
  signal: AbortSignal,
): Promise<(group: string) => boolean | null> {
  const members = groups.flatMap((group) => decisions.membersOf(group).slice(0, MAX_MEMBERS));
  if (members.length === 0) return () => null;
  const page = await decisions.ask(({ notes }) =>
    notes.page({ limit: MAX_NOTES, groups: [...new Set(members)] }, signal),
  );
  const valid = page?.items.filter((note) => markOf(note) === null) ?? [];
  const noted = new Set(valid.map(({ group }) => decisions.rootOf(group)));
  const isWhole = page !== undefined && page.next === undefined;
  return (group) => noted.has(group) || (isWhole ? false : null);
}
