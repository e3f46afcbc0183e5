import type { StateStore } from "../../src/ports.ts";

export type MemoryState = StateStore & {
  /** Each document that was saved, in order, as it was then. */
  saved: unknown[];
};

/** A state store that keeps its documents as JSON in memory. */
export function createMemoryState(): MemoryState {
  const documents = new Map<string, string>();
  const saved: unknown[] = [];
  return {
    saved,
    load: (name) => {
      const text = documents.get(name);
      return Promise.resolve(text === undefined ? undefined : JSON.parse(text));
    },
    save: (name, value) => {
      const text = JSON.stringify(value);
      documents.set(name, text);
      saved.push(JSON.parse(text));
      return Promise.resolve();
    },
  };
}
