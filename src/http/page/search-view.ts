import type { SearchAnswer } from "../../search/search-answer.ts";

/** What the fields of the form hold, by their names; also those that make no sense. */
export type Given = Readonly<Record<string, string>>;

/** What came of a search that the page was asked for. */
export type SearchView = {
  given: Given;
  /** What the form and the links of this page carry, to show that they are its own; undefined where that needs nothing. */
  press?: string | undefined;
} & (
  | { kind: "none" }
  /** A link led here: that alone must not cost anything. */
  | { kind: "not_begun" }
  | { kind: "refused"; message: string; hint: string | undefined }
  | { kind: "answer"; answer: SearchAnswer }
);
