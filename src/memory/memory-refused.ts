/** `no_memory`: its indices are not there. */
export type MemoryRefusal =
  | "unknown_group"
  | "unknown_episode"
  | "unknown_note"
  | "no_memory"
  | "invalid";

/** What was asked of the memory of errors cannot be done as it was asked; the memory works. */
export class MemoryRefused extends Error {
  readonly code: MemoryRefusal;
  readonly hint: string | undefined;

  constructor(code: MemoryRefusal, message: string, hint?: string) {
    super(message);
    this.name = "MemoryRefused";
    this.code = code;
    this.hint = hint;
  }
}
