import { groupShape, type Group } from "../../../domain/memory/group.ts";
import type { GroupRules } from "../../../domain/memory/group-rules.ts";
import type { GroupMemory, GroupVector } from "../../../ports/error-memory.ts";
import { BY_LAST_SEEN, groupIn, vectorIn, VECTORS_AT_ONCE, writtenAs } from "./group-document.ts";
import { readNearest } from "./nearest-groups.ts";
import type { Operation, OwnDocument, OwnIndex } from "./own-index.ts";
import { pageOf, readAll } from "./read-pages.ts";

/** How often a change is tried again where others were faster. */
const ROUNDS = 8;
const CANDIDATES = 500;

const RULES = [{ exists: { field: "merged_into.id" } }, { exists: { field: "not_like.id" } }];

type Deps = { groups: OwnIndex; episodes: OwnIndex; notes: OwnIndex };

export function createGroupMemory({ groups, episodes, notes }: Deps): GroupMemory {
  return {
    async read(ids, signal) {
      const found = await groups.read(ids, { excludes: "vector" }, signal);
      return new Map([...found].map(([id, document]) => [id, groupIn(groups, document)]));
    },
    async vectors(ids, model, signal) {
      const vectors = new Map<string, GroupVector>();
      for (let at = 0; at < ids.length; at += VECTORS_AT_ONCE) {
        const part = ids.slice(at, at + VECTORS_AT_ONCE);
        const found = await groups.read(part, { includes: "vector,vector_of" }, signal);
        for (const [id, { source }] of found) {
          const vector = vectorIn(source);
          if (vector?.model === model) vectors.set(id, vector);
        }
      }
      return vectors;
    },
    nearest: (ids, wanted, signal) => readNearest(groups, ids, wanted, signal),
    async change(ids, change, { visible }, signal) {
      const changed = new Map<string, Group>();
      const failed = [];
      let open = [...new Set(ids)];
      for (let round = 0; round < ROUNDS && open.length > 0; round++) {
        const found = await groups.read(open, { excludes: "vector" }, signal);
        const writes: { id: string; group: Group; operation: Operation }[] = [];
        for (const id of open) {
          const document = found.get(id);
          const current = document && groupIn(groups, document);
          const wanted = change(id, current);
          if (!wanted || (wanted.group === current && !wanted.vector)) {
            if (current) changed.set(id, current);
            continue;
          }
          const { group, source } = writtenAs(wanted);
          const operation: Operation = document
            ? { op: "update", id, version: document.version, source }
            : { op: "create", id, source };
          writes.push({ id, group, operation });
        }
        open = [];
        const operations = writes.map(({ operation }) => operation);
        const outcomes = await groups.write(operations, visible, signal);
        for (const [at, { id, group }] of writes.entries()) {
          const outcome = outcomes[at];
          if (outcome === "written") changed.set(id, group);
          else if (outcome === "conflicted") open.push(id);
          else if (outcome) failed.push({ id, fault: outcome });
        }
      }
      return { groups: changed, conflicted: open, failed };
    },
    page({ limit, from, state, service }, signal) {
      const filter = [
        ...(state === undefined ? [] : [{ term: { state } }]),
        ...(service === undefined ? [] : [{ term: { service } }]),
      ];
      const query = { bool: { filter } };
      const parse = ({ source }: OwnDocument) => groupShape.safeParse(source).data;
      const page = { limit, ...(from === undefined ? {} : { from }), order: "desc" } as const;
      return pageOf(groups, { query, by: BY_LAST_SEEN, parse, page }, signal);
    },
    async rules(signal) {
      const rules = new Map<string, Pick<Group, "merged_into" | "not_like">>();
      const query = { bool: { should: RULES, minimum_should_match: 1 } };
      for await (const part of readAll(groups, { query, by: BY_LAST_SEEN, size: 1000 }, signal)) {
        for (const document of part) {
          const { group, merged_into, not_like } = groupIn(groups, document);
          rules.set(group, { merged_into, not_like });
        }
      }
      return rules satisfies GroupRules;
    },
    async removeQuiet(most, signal) {
      let over = (await groups.count({ match_all: {} }, signal)) - most;
      let removed = 0;
      if (over <= 0) return { removed, over: 0 };
      const touched = [...RULES, { exists: { field: "state_at" } }];
      const candidates = { query: { bool: { must_not: touched } }, by: BY_LAST_SEEN };
      for await (const part of readAll(groups, { ...candidates, size: CANDIDATES }, signal)) {
        const ids = part.map(({ id }) => id);
        const kept = await keptAmong(ids, signal);
        const quiet = part.filter(({ id }) => !kept.has(id)).slice(0, over);
        const gone = await removeEach(groups, quiet, signal);
        await removeEpisodes(gone, signal);
        removed += gone.length;
        over -= gone.length;
        if (over <= 0) break;
      }
      return { removed, over };
    },
  };

  /** Those with a note, and those that a rule of another group names. */
  async function keptAmong(ids: readonly string[], signal: AbortSignal): Promise<Set<string>> {
    const found = await Promise.all([
      notes.valuesAmong("group", ids, signal),
      groups.valuesAmong("merged_into.id", ids, signal),
      groups.valuesAmong("not_like.id", ids, signal),
    ]);
    return new Set(found.flatMap((some) => [...some]));
  }

  async function removeEpisodes(ids: readonly string[], signal: AbortSignal): Promise<void> {
    if (ids.length === 0) return;
    const query = { bool: { filter: [{ term: { kind: "episode" } }, { terms: { group: ids } }] } };
    const by = { time: "from", id: "episode" };
    for await (const part of readAll(episodes, { query, by, size: CANDIDATES }, signal)) {
      await removeEach(episodes, part, signal);
    }
  }
}

/** The ids of those that were removed; one that changed since it was found stays. */
export async function removeEach(
  index: OwnIndex,
  documents: readonly OwnDocument[],
  signal: AbortSignal,
): Promise<string[]> {
  if (documents.length === 0) return [];
  const operations = documents.map(({ id, version }) => ({ op: "delete" as const, id, version }));
  const outcomes = await index.write(operations, "soon", signal);
  const fault = outcomes.find((outcome) => typeof outcome !== "string");
  if (fault) throw fault;
  return documents.filter((_, at) => outcomes[at] === "written").map(({ id }) => id);
}
