import { withoutVersion } from "../domain/log-record.ts";
import type { Episode } from "../domain/memory/episode.ts";
import type { Group } from "../domain/memory/group.ts";
import { markOf } from "../domain/memory/note.ts";
import { joinGaps, NO_GAPS, type Gap } from "../domain/partial.ts";
import { SearchRefused } from "../search/search-refused.ts";
import type { GroupDetail, GroupScope } from "../ports/group-counts.ts";
import { carriedNotes, type Circumstances } from "./carried-notes.ts";
import { findAlike, type AlikeDeps } from "./find-alike.ts";
import type { AlikeRow, GroupAnswer, WhereAnswer } from "./group-answers.ts";
import { readDecisions, type GroupDecisions } from "./group-decisions.ts";
import {
  countTogether,
  detailTogether,
  groupRow,
  shownState,
  type CountedGroup,
} from "./group-row.ts";
import { listEpisodes, LOOK_BACK_MS, type EpisodesDeps } from "./list-episodes.ts";
import { describe, pagesOf, scopeOf, type GroupsDeps } from "./group-scope.ts";
import { whereSeen } from "./where-seen.ts";

const DAY_MS = 24 * 3_600_000;
const NOWHERE = { where: null, gaps: NO_GAPS };
/** More are on the pages of `note list`. */
const MAX_NOTES = 100;
/** More are in the answer of `episodes`. */
const MAX_EPISODES = 20;
/** Of an alike group; more are in `carried`. */
const MAX_ALIKE_NOTES = 3;
const MAX_CARRIED = 20;
/** Of the groups that are merged into one, the episodes of so many are read. */
const MAX_MEMBERS = 10;
/** Of alike groups, with those merged into them. */
const MAX_COMPARED = 100;
const MAX_PAST_EPISODES = 200;

type PastEpisodes = ReadonlyMap<string, readonly Episode[]>;

/**
 * One group with what people wrote of it; of one that was merged, the group that it counts as. Throws a SearchRefused where no record
 * has it and the memory does not know it, or a Fault.
 */
export async function showGroup(
  deps: GroupsDeps & EpisodesDeps & AlikeDeps,
  group: string,
  signal: AbortSignal,
): Promise<GroupAnswer> {
  const { scope } = await scopeOf(deps, {}, signal);
  const decisions = await readDecisions(deps.memory, signal);
  const root = decisions.rootOf(group);
  const members = decisions.membersOf(root);
  const [found, daily, kept, notes, alike] = await Promise.all([
    countGroup(deps, { scope, root, members }, signal),
    describe(deps, scope, { groups: members, spanMs: DAY_MS }, signal),
    decisions.read([root], signal),
    readNotes(decisions, members, signal),
    findAlike(deps, { decisions, root }, signal),
  ]);
  const { last } = found.count;
  const runs = await latestEpisodes(deps, { members, last }, signal);
  const [latest] = runs.episodes;
  const asked = { scope, members, latest };
  const [seen, past] = await Promise.all([
    last === undefined ? NOWHERE : whereSeen(deps, asked, signal),
    readPastEpisodes(decisions, alike ?? [], signal),
  ]);
  const gaps = joinGaps(found.gaps, daily.gaps, runs.gaps, seen.gaps);
  const known = kept.get(root);
  const shown = found.detail ? { ...found, detail: found.detail } : remembered(known);
  if (!shown) throw notFound(group, gaps);
  const { count, detail } = shown;
  const now = deps.clock.now();
  const state = shownState(known, count, now);
  const days = new Map<string, number>();
  const spans = [...daily.details.values()].flatMap((one) => one.spans);
  for (const { from, records } of spans.toSorted((a, b) => a.from - b.from)) {
    const day = new Date(from).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + records);
  }
  const row = groupRow(count, detail, { now, show: deps.show, state, merged: members.slice(1) });
  return {
    ...row,
    days: [...days].map(([day, records]) => ({ day, count: records })),
    episodes: runs.episodes,
    where: seen.where,
    ...notes,
    ...toldOfAlike({ ...row, ...namesNow(seen.where) }, notes.notes, { alike, past }),
    memory: decisions.answer(),
    gaps,
  };
}

/**
 * Of all members together in the 30 days before they were last seen, latest first; each counts its own. A group whose records
 * are deleted has none.
 */
async function latestEpisodes(
  deps: EpisodesDeps,
  { members, last }: { members: readonly string[]; last: number | undefined },
  signal: AbortSignal,
): Promise<Pick<GroupAnswer, "episodes" | "gaps">> {
  if (last === undefined) return { episodes: [], gaps: NO_GAPS };
  const since = Math.min(last, deps.clock.now()) - LOOK_BACK_MS;
  const answers = await Promise.all(
    members.slice(0, MAX_MEMBERS).map(async (group) => {
      try {
        return await listEpisodes(deps, { group, since, limit: MAX_EPISODES }, signal);
      } catch (error) {
        if (error instanceof SearchRefused) return { episodes: [], gaps: NO_GAPS };
        throw error;
      }
    }),
  );
  const all = answers.flatMap(({ episodes }) => episodes);
  return {
    episodes: all.toSorted((a, b) => (a.to < b.to ? 1 : -1)).slice(0, MAX_EPISODES),
    gaps: joinGaps(...answers.map(({ gaps }) => gaps)),
  };
}

/** What the store has of a group and its members. Without records there is no detail. */
export async function countGroup(
  deps: GroupsDeps,
  { scope, root, members }: { scope: GroupScope; root: string; members: readonly string[] },
  signal: AbortSignal,
): Promise<{ count: CountedGroup; detail: GroupDetail | undefined; gaps: readonly Gap[] }> {
  const parts = [];
  const described = await describe(deps, scope, { groups: members }, signal);
  let gaps = described.gaps;
  for await (const page of pagesOf(deps.groupCounts, { ...scope, only: members }, signal)) {
    parts.push(...page.rows);
    gaps = joinGaps(gaps, page.gaps);
  }
  const count = countTogether(root, parts);
  return { count, detail: detailTogether(count, described.details), gaps };
}

/** A group whose records are all deleted: what was kept of it, with a count of none. */
function remembered(
  kept: Group | undefined,
): { count: CountedGroup; detail: GroupDetail } | undefined {
  if (!kept?.example) return undefined;
  const { group, service, exception, example, first_seen: first, last_seen: last } = kept;
  const times = { first: Date.parse(first), last: Date.parse(last) };
  const record = withoutVersion({
    ...example,
    ...(service === null ? {} : { service }),
    ...(exception === null ? {} : { exception }),
  });
  return {
    count: { group, records: 0, ...times, parts: [] },
    detail: { group, example: record, spans: [] },
  };
}

/** Hosts and versions that its records name now. */
function namesNow(where: WhereAnswer | null): Pick<Circumstances, "hosts" | "versions"> {
  const namesOf = (places: WhereAnswer["hosts"] | undefined) =>
    places?.names.flatMap(({ name, count }) => (count > 0 ? name : []));
  return { hosts: namesOf(where?.hosts), versions: namesOf(where?.versions) };
}

/** The kept episodes of alike groups that have notes, latest first, by the group as `alike` names it. What cannot be read is not compared. */
async function readPastEpisodes(
  decisions: GroupDecisions,
  alike: readonly AlikeRow[],
  signal: AbortSignal,
): Promise<PastEpisodes> {
  const noted = alike.filter(({ notes }) => notes && notes.length > 0);
  const groups = noted.flatMap(({ group }) => decisions.membersOf(group)).slice(0, MAX_COMPARED);
  if (groups.length === 0) return new Map();
  const query = { groups, limit: MAX_PAST_EPISODES };
  const page = await decisions.ask(({ episodes }) => episodes.page(query, signal));
  return Map.groupBy(page?.items ?? [], ({ group }) => decisions.rootOf(group));
}

function toldOfAlike(
  row: Circumstances,
  notes: GroupAnswer["notes"],
  { alike, past }: { alike: readonly AlikeRow[] | undefined; past: PastEpisodes },
): Pick<GroupAnswer, "alike" | "carried"> {
  const hasOwn = notes?.some((note) => markOf(note) === null) ?? false;
  const areRead = notes !== null && (alike ?? [{ notes: null }]).every((one) => one.notes !== null);
  const then = (alike ?? []).map((one) => ({ ...one, episodes: past.get(one.group) ?? [] }));
  const found = areRead ? carriedNotes(row, then, MAX_CARRIED) : null;
  const carried = hasOwn ? [] : found;
  const valid = (one: AlikeRow) =>
    one.notes?.filter((note) => markOf(note) === null).slice(0, MAX_ALIKE_NOTES) ?? null;
  return { alike: alike?.map((one) => ({ ...one, notes: valid(one) })) ?? null, carried };
}

async function readNotes(
  decisions: GroupDecisions,
  groups: readonly string[],
  signal: AbortSignal,
): Promise<Pick<GroupAnswer, "notes" | "more_notes">> {
  const page = await decisions.ask(({ notes }) => notes.page({ limit: MAX_NOTES, groups }, signal));
  if (!page) return { notes: decisions.answer().kept ? null : [], more_notes: false };
  if (page.unreadable > 0) {
    const they = page.unreadable === 1 ? "1 note is" : `${page.unreadable} notes are`;
    decisions.note({ message: `${they} not of the expected form and not shown`, hint: null });
  }
  return { notes: page.items, more_notes: page.next !== undefined };
}

function notFound(group: string, gaps: readonly Gap[]): SearchRefused {
  const where = gaps.length > 0 ? " in what could be seen" : "";
  return new SearchRefused(
    "not_found",
    `No record${where} has the group ${group}.`,
    "log-vectorizer groups list shows the groups that there are.",
  );
}
