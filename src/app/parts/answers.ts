import type { HttpParts } from "../../http/parts.ts";
import type { Service } from "../service.ts";

/** What people and agents ask, each part opened with the first question. */
export async function openAnswers(
  service: Service,
): Promise<Pick<HttpParts, "search" | "groups" | "notes" | "explain">> {
  const { createNotes } = await import("../../memory/notes.ts");
  const groups = service.errorGroups;
  return {
    search: {
      search: async (query, stops) =>
        query.mode === "words"
          ? (await service.wordSearch())(query, stops)
          : (await service.search()).search(query, stops),
      similar: async (query, stops) => (await service.search()).similar(query, stops),
      record: async (place, stops) => (await service.search()).record(place, stops),
    },
    groups: {
      list: async (query, signal) => (await groups()).list(query, signal),
      show: async (group, signal) => (await groups()).show(group, signal),
      setState: async (said, signal) => (await groups()).setState(said, signal),
      merge: async (said, signal) => (await groups()).merge(said, signal),
      episodes: async (query, signal) => (await groups()).episodes(query, signal),
      remember: async (group, signal) => (await groups()).remember(group, signal),
      split: async (said, signal) => (await groups()).split(said, signal),
    },
    notes: createNotes({
      memory: service.errorMemory,
      clock: service.clock,
      remember: async (group, signal) => (await groups()).remember(group, signal),
    }),
    explain: async (...asked) => (await service.explain())(...asked),
  };
}
