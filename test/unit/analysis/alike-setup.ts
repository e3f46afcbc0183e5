import { listNotes } from "../../../src/analysis/list-notes.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import { createNotes } from "../../../src/memory/notes.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";
import { NOW, setUpGroups, type Log } from "./groups-setup.ts";

const { signal } = new AbortController();
/** Errors, and the degrees by which their vectors are turned: a cosine of 0.97 at 14 degrees, of 0.91 at 25. */
const ERRORS = {
  disk: { text: "Disk 1 full", service: "shop", degrees: 0 },
  loud: { text: "DISK 1 full!", service: "shop", degrees: 14 },
  pay: { text: "Disk 7 full", service: "pay", degrees: 25 },
  volume: { text: "Volume 1 full", service: "shop", degrees: -20 },
  login: { text: "Login failed", service: "shop", degrees: 90 },
};
type Name = keyof typeof ERRORS;
export const NAMES: readonly Name[] = ["disk", "loud", "pay", "volume", "login"];
export const idOf = (name: Name) => groupOf(ERRORS[name]).group;

export async function setUpAlike({ model = "m" } = {}) {
  const memory = createFakeErrorMemory();
  const logs = NAMES.map((name): Log => ({ hours: 30, host: "db-2", ...ERRORS[name] }));
  const { groups, list: listGroups, show, deps } = setUpGroups(logs, memory);
  for (const name of NAMES) {
    const { text, service, degrees } = ERRORS[name];
    const { group, template } = groupOf({ text, service });
    const seen = {
      group,
      template,
      service,
      exception: null,
      example: { index: "app_logs", id: name, text },
      first_seen: new Date(NOW).toISOString(),
      last_seen: new Date(NOW).toISOString(),
    };
    const angle = (degrees * Math.PI) / 180;
    const values = new Float32Array([Math.cos(angle), Math.sin(angle)]);
    const change = { group: sightedGroup(undefined, seen), vector: { values, model, texts: 1 } };
    await memory.groups.change([group], () => change, { visible: "now" }, signal);
  }
  let minutes = 0;
  const clock = { now: () => NOW + 60_000 * minutes++ };
  const notes = createNotes({ memory: async () => memory, clock, remember: groups.remember });
  const alikeTo = async (name: Name) => (await show(idOf(name))).alike?.map(({ group }) => group);
  const list = (group: string, from?: string) =>
    listNotes({ notes, groups }, { group, limit: 5, from }, signal);
  return { memory, groups, notes, show, alikeTo, list, listGroups, deps };
}

/** A method of the memory whose index is closed. */
export function memoryFails(index: string): () => Promise<never> {
  return async () => {
    const message = `log-vectorizer-${index} is closed`;
    throw new MemoryFault("closed", { index, message, hint: "Mend it." });
  };
}
