import { episodeShape, type Episode } from "../../../src/domain/memory/episode.ts";
import type { Group } from "../../../src/domain/memory/group.ts";
import type { Note, Verdict } from "../../../src/domain/memory/note.ts";
import {
  readPageMark,
  writePageMark,
  type Page,
  type PageQuery,
} from "../../../src/domain/memory/page.ts";
import { cosineSimilarity } from "../../../src/domain/vector.ts";
import type { ErrorMemory, GroupVector } from "../../../src/ports/error-memory.ts";

type Kept = {
  groups: Map<string, Group>;
  vectors: Map<string, GroupVector>;
  episodes: Map<string, Episode>;
  claims: Map<string, number>;
  notes: Map<string, Note>;
};

/** The memory of errors in this process, and what it holds. */
export function createFakeErrorMemory(): ErrorMemory & { kept: Kept } {
  const kept: Kept = {
    groups: new Map(),
    vectors: new Map(),
    episodes: new Map(),
    claims: new Map(),
    notes: new Map(),
  };
  return {
    kept,
    name: "memory",
    states: async () => [
      { index: "groups", state: "usable", documents: kept.groups.size, outdated: false },
      { index: "episodes", state: "usable", documents: kept.episodes.size, outdated: false },
      { index: "notes", state: "usable", documents: kept.notes.size, outdated: false },
    ],
    groups: groupsOf(kept),
    episodes: episodesOf(kept),
    notes: notesOf(kept),
  };
}

function groupsOf({ groups, vectors, notes, episodes }: Kept): ErrorMemory["groups"] {
  const rules = () =>
    [...groups.values()].filter((one) => one.merged_into || one.not_like.length > 0);
  return {
    read: async (ids) => some(groups, ids),
    vectors: async (ids, model) =>
      new Map([...some(vectors, ids)].filter(([, vector]) => vector.model === model)),
    async nearest(ids, { model, leastCosine, limit, isMeant }) {
      const all = [...groups.values()].flatMap((group) => {
        const vector = vectors.get(group.group);
        return vector?.model === model ? [{ group, values: vector.values }] : [];
      });
      const asked = all.filter(({ group }) => ids.includes(group.group));
      return new Map(
        asked.map((own) => {
          const { group: id, service, exception } = own.group;
          const near = all
            .filter(({ group }) => group.group !== id && isMeant(id, group.group))
            .map((one) => ({ ...one, cosine: cosineSimilarity(own.values, one.values) ?? -1 }))
            .filter(({ cosine }) => cosine >= leastCosine)
            .toSorted((a, b) => b.cosine - a.cosine);
          const [same = [], others = []] = [true, false].map((wanted) =>
            near.filter(
              ({ group }) =>
                (group.service === service && group.exception === exception) === wanted,
            ),
          );
          const kept = new Set([...same.slice(0, limit), ...others.slice(0, limit)]);
          return [id, { own, near: near.filter((one) => kept.has(one)) }];
        }),
      );
    },
    async change(ids, change) {
      const changed = new Map<string, Group>();
      for (const id of new Set(ids)) {
        const current = groups.get(id);
        const wanted = change(id, current);
        if (wanted?.vector) {
          const { model, texts, values } = wanted.vector;
          wanted.group = {
            ...wanted.group,
            vector_of: { model, dimensions: values.length, texts },
          };
          vectors.set(id, wanted.vector);
        }
        const now = wanted?.group ?? current;
        if (!now) continue;
        groups.set(id, now);
        changed.set(id, now);
      }
      return { groups: changed, conflicted: [], failed: [] };
    },
    async page({ state, service, ...query }) {
      const found = [...groups.values()].filter(
        (one) =>
          (state === undefined || one.state === state) &&
          (service === undefined || one.service === service),
      );
      return pageOf(found, query, ({ last_seen: at, group }) => [at, group]);
    },
    rules: async () => new Map(rules().map((one) => [one.group, one])),
    async removeQuiet(most) {
      const named = new Set([
        ...[...notes.values()].map(({ group }) => group),
        ...rules().flatMap((one) => [
          one.group,
          ...one.not_like.map(({ id }) => id),
          ...(one.merged_into ? [one.merged_into.id] : []),
        ]),
      ]);
      const over = Math.max(0, groups.size - most);
      const quiet = [...groups.values()]
        .filter((one) => one.state_at === null && !named.has(one.group))
        .toSorted((a, b) => Date.parse(a.last_seen) - Date.parse(b.last_seen))
        .slice(0, over);
      for (const { group } of quiet) {
        groups.delete(group);
        vectors.delete(group);
        for (const one of episodes.values()) if (one.group === group) episodes.delete(one.episode);
      }
      return { removed: quiet.length, over: over - quiet.length };
    },
  };
}

function episodesOf({ episodes, claims }: Kept): ErrorMemory["episodes"] {
  return {
    read: async (id) => episodes.get(id),
    async change(id, change) {
      const wanted = change(episodes.get(id));
      if (wanted) episodes.set(id, episodeShape.parse(wanted));
      return episodes.get(id);
    },
    async page({ groups, ended, ...query }) {
      const found = [...episodes.values()].filter(
        (one) =>
          (groups === undefined || groups.includes(one.group)) &&
          (ended === undefined || one.ended === ended),
      );
      return pageOf(found, query, ({ from, episode }) => [from, episode]);
    },
    async claim(key, { now, expiresAt }) {
      if ((claims.get(key) ?? -Infinity) > now) return "lost";
      claims.set(key, expiresAt);
      return "won";
    },
    async removeExpiredClaims(now) {
      const expired = [...claims].filter(([, expiresAt]) => expiresAt <= now);
      for (const [key] of expired) claims.delete(key);
      return expired.length;
    },
  };
}

function notesOf({ notes }: Kept): ErrorMemory["notes"] {
  return {
    async add(note) {
      notes.set(note.id, { ...note, verdicts: [] });
    },
    async addVerdict({ id }, verdict: Verdict) {
      notes.get(id)?.verdicts.unshift(verdict);
    },
    read: async (id) => structuredClone(notes.get(id)),
    async page({ groups, ...query }) {
      const found = [...notes.values()].filter(({ group }) => groups?.includes(group) ?? true);
      return pageOf(structuredClone(found), query, ({ at, id }) => [at, id]);
    },
  };
}

function some<T>(all: ReadonlyMap<string, T>, ids: readonly string[]): Map<string, T> {
  return new Map(
    ids.flatMap((id): [string, T][] => {
      const one = all.get(id);
      return one === undefined ? [] : [[id, one]];
    }),
  );
}

/** Newest first. */
function pageOf<T>(
  all: readonly T[],
  { limit, from }: PageQuery,
  placeOf: (item: T) => [time: string, id: string],
): Page<T> {
  const placed = all.map((item) => {
    const [time, id] = placeOf(item);
    return { item, ms: Date.parse(time), id };
  });
  placed.sort((a, b) => b.ms - a.ms || (a.id < b.id ? 1 : -1));
  const after = from === undefined ? undefined : readPageMark(from);
  const rest = placed.filter(
    ({ ms, id }) => !after || ms < after.ms || (ms === after.ms && id < after.id),
  );
  const shown = rest.slice(0, limit);
  const last = rest.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ item }) => item),
    unreadable: 0,
    ...(last ? { next: writePageMark(last) } : {}),
  };
}
