/** Why a search cannot be carried out as it was asked for. */
export type SearchRefusal = "no_text" | "not_found" | "unfit" | "text_refused" | "busy";

/** What was asked for cannot be searched for; nothing is wrong with the service. */
export class SearchRefused extends Error {
  readonly code: SearchRefusal;
  /** What the user can try, one sentence. */
  readonly hint: string | undefined;
  /** When to try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: SearchRefusal,
    message: string,
    hint?: string,
    { retryAfterSeconds }: { retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.name = "SearchRefused";
    this.code = code;
    this.hint = hint;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
