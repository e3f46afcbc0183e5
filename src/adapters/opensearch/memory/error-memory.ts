import type { ErrorMemory, OwnIndexState } from "../../../ports/error-memory.ts";
import { MemoryFault } from "../../../domain/memory/memory-fault.ts";
import type { Api } from "../api.ts";
import { createEpisodeMemory } from "./episodes.ts";
import { createGroupMemory } from "./groups.ts";
import { createNoteMemory } from "./notes.ts";
import { openOwnIndex, type OwnIndex } from "./own-index.ts";
import { ownFault } from "./own-index-faults.ts";
import {
  compareMapping,
  OWN_INDICES,
  OWN_NAMES,
  ownIndex,
  writeAlias,
  type OwnName,
} from "./own-indices.ts";
import { readOwnIndex } from "./read-own-index.ts";

/** Documents of one kind; absent: all are of one. */
const COUNTED: Readonly<Record<OwnName, Record<string, unknown>>> = {
  groups: { match_all: {} },
  episodes: { term: { kind: "episode" } },
  notes: { term: { kind: "note" } },
};

/** On OpenSearch 2.19 or later, with or without the k-NN plugin. `prefix`: before the names of the indices; for tests. */
export function createErrorMemory(api: Api, { prefix }: { prefix?: string } = {}): ErrorMemory {
  const open = (name: OwnName) => openOwnIndex(api, ownIndex(name, prefix));
  const indices = { groups: open("groups"), episodes: open("episodes"), notes: open("notes") };
  return {
    name: "OpenSearch",
    states: (signal) =>
      Promise.all(OWN_NAMES.map((name) => stateOf(api, name, indices[name], signal))),
    groups: createGroupMemory(indices),
    episodes: createEpisodeMemory(indices.episodes),
    notes: createNoteMemory(indices.notes),
  };
}

async function stateOf(
  api: Api,
  name: OwnName,
  index: OwnIndex,
  signal: AbortSignal,
): Promise<OwnIndexState> {
  try {
    const documents = await index.count(COUNTED[name], signal);
    const found = await readOwnIndex(api, index.name, signal);
    if (!found) return { index: index.name, state: "absent" };
    const { missing, wrong } = compareMapping(found.properties, OWN_INDICES[name].properties);
    if (wrong.length > 0) {
      throw ownFault("mapping", index.name, `other types in ${wrong.join(", ")}`);
    }
    if (!found.aliases.includes(writeAlias(index.name))) {
      throw ownFault("mapping", index.name, `no alias ${writeAlias(index.name)}`);
    }
    if (found.blocks.length > 0) throw ownFault("blocked", index.name, found.blocks.join(", "));
    return { index: index.name, state: "usable", documents, outdated: missing.length > 0 };
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
    if (error.problem === "absent") return { index: index.name, state: "absent" };
    return { index: index.name, state: "unusable", fault: error };
  }
}
