/** State that survives a restart: JSON documents, and append-only journals that processes share. Never throws. */
export type StateStore = {
  /** Undefined where the document is missing or unreadable. */
  load(name: string): Promise<unknown>;
  /** Atomic. A failure is reported once; the value then stays in memory. */
  save(name: string, value: unknown): Promise<void>;
  /** Read, revise and replace under a lock against other processes. */
  change(name: string, revise: (current: unknown) => unknown): Promise<void>;
  /** Appends an entry to a journal. A failure is reported once; the entry then stays in memory. */
  append(journal: string, line: object): Promise<void>;
  /** All entries of a journal in the order in which they were appended. */
  lines(journal: string): Promise<unknown[]>;
  journals(): Promise<string[]>;
  removeJournal(journal: string): Promise<void>;
  /** Tries at once to write what failed before. */
  retry(): Promise<void>;
};
