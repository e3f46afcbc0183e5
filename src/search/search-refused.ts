export type SearchRefusal =
  | "no_text"
  | "no_words"
  | "not_found"
  | "unfit"
  | "text_refused"
  | "no_project_field"
  | "busy";

/** The request cannot be answered as it was made; the service works. */
export class SearchRefused extends Error {
  readonly code: SearchRefusal;
  readonly hint: string | undefined;
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
