import type { GroupAnswer, GroupsAnswer } from "../../analysis/group-answers.ts";
import type { Given } from "./search-view.ts";

/** Errors of one page of the list. */
export const ERRORS_A_PAGE = 50;

/** Why there is nothing to show. */
export type Unshown = { kind: "refused" | "unreadable"; message: string; hint: string | undefined };

/** What `/errors` shows. `given`: what the fields of its form hold, by their names. */
export type ErrorsView = {
  given: Given;
  /** ISO 8601, UTC. */
  now: string;
} & (
  | Unshown
  /** `page`: from 1. */
  | { kind: "answer"; answer: GroupsAnswer; page: number }
);

/** What `/errors/GROUP` shows. */
export type GroupView = {
  /** As the address names it. */
  group: string;
  /** What the link to similar records carries; undefined where that needs nothing. */
  press: string | undefined;
  /** ISO 8601, UTC. */
  now: string;
} & (
  | Unshown
  | {
      kind: "answer";
      answer: GroupAnswer;
      /** What was sent by a form and could not be done, and what stood in it. */
      undone: { message: string; hint: string | undefined; given: Given } | undefined;
    }
);
