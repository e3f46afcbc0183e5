/** What outlives a process: small JSON documents, and ledgers to which several processes add lines. Never throws. */
export type StateStore = {
  /** The document, or undefined where there is none or it cannot be read. */
  load(name: string): Promise<unknown>;
  /** Replaces the document whole or not at all. What cannot be kept is said once. */
  save(name: string, value: unknown): Promise<void>;
  /** Replaces the document by what is made of it, with no other process in between that changes it so. */
  change(name: string, revise: (current: unknown) => unknown): Promise<void>;
  /** Adds a line to the end of a ledger. What cannot be kept is said once and stays with this process. */
  append(journal: string, line: object): Promise<void>;
  /** All lines of a ledger, whoever wrote them, in the order in which they were added. */
  lines(journal: string): Promise<unknown[]>;
  journals(): Promise<string[]>;
  removeJournal(journal: string): Promise<void>;
  /** Tries at once to write what could not be written before. */
  retry(): Promise<void>;
};
