import type { Overview } from "../../status/overview/overview.ts";
import type { QuarantineList } from "../../pipeline/quarantine/quarantine-answer.ts";

/** What the panels show. */
export type View = {
  overview: Overview;
  /** Undefined where nothing is quarantined, or it could not be read: then `problem` says why. */
  quarantine: QuarantineList | undefined;
  quarantineProblem: string | undefined;
};

/** A view whose first answer has not come yet. */
export type MaybeView = View | undefined;
