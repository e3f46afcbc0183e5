import type { Overview } from "../../status/overview/overview.ts";
import type { QuarantineList } from "../../pipeline/quarantine/list-quarantined.ts";

/** What the panels show. */
export type View = {
  overview: Overview;
  /** Undefined where nothing is set aside, or it could not be read: then `problem` says why. */
  quarantine: QuarantineList | undefined;
  quarantineProblem: string | undefined;
};

/** A view of which there is none yet: nobody has answered so far. */
export type MaybeView = View | undefined;
