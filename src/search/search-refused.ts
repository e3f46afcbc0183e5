/** Why a search cannot be carried out as it was asked for. */
export type SearchRefusal = "no_text" | "not_found" | "unfit" | "text_refused";

/** What was asked for cannot be searched for; nothing is wrong with the service. */
export class SearchRefused extends Error {
  readonly code: SearchRefusal;
  /** What the user can try, one sentence. */
  readonly hint: string | undefined;

  constructor(code: SearchRefusal, message: string, hint?: string) {
    super(message);
    this.name = "SearchRefused";
    this.code = code;
    this.hint = hint;
  }
}
