import type { StateStore } from "../../../src/ports/state-store.ts";

export type MemoryState = StateStore & {
  /** Each line that was added, to whatever ledger. */
  appended: { ledger: string; line: object }[];
  /** Each document that was saved, in order, as it was then. */
  saved: unknown[];
};

/** A state store that keeps its documents as JSON in memory, and its ledgers. */
export function createMemoryState(): MemoryState {
  const documents = new Map<string, string>();
  const saved: unknown[] = [];
  const appended: MemoryState["appended"] = [];
  const removed = new Set<string>();
  const load = (name: string): unknown => {
    const text = documents.get(name);
    return text === undefined ? undefined : JSON.parse(text);
  };
  const save = (name: string, value: unknown) => {
    const text = JSON.stringify(value);
    documents.set(name, text);
    saved.push(JSON.parse(text));
  };
  return {
    saved,
    appended,
    append: (ledger, line) => {
      appended.push({ ledger, line: { ...line } });
      return Promise.resolve();
    },
    lines: (ledger) =>
      Promise.resolve(
        appended.filter((one) => one.ledger === ledger).map(({ line }) => ({ ...line })),
      ),
    journals: () =>
      Promise.resolve(
        [...new Set(appended.map(({ ledger }) => ledger))].filter((name) => !removed.has(name)),
      ),
    removeJournal: (ledger) => {
      removed.add(ledger);
      return Promise.resolve();
    },
    load: (name) => Promise.resolve(load(name)),
    save: (name, value) => Promise.resolve(save(name, value)),
    retry: () => Promise.resolve(),
    change: (name, next) => Promise.resolve(save(name, next(load(name)))),
  };
}
