import { count } from "../../domain/count.ts";
import type { Issue, IssueId } from "./issue.ts";

const NAMED = 3;

/** Titles of the same of several indices; those that are not here stay one by one. */
const OF_SEVERAL: Partial<Record<IssueId, string>> = {
  index: "take no updates",
  partial: "cannot be seen in whole",
  unfit: "are skipped",
  unsearchable: "cannot be searched by meaning",
  looping: "lose their vectors repeatedly",
  textless: "have no text",
};

/** Many indices are in the same state for the same reason: for a person those are one issue that names a few of them. */
export function groupIssues(issues: readonly Issue[]): Issue[] {
  const groups = Map.groupBy(issues, (issue) => {
    const { id, which, detail, severity, since } = issue;
    if (OF_SEVERAL[id] === undefined || issue.unlisted !== undefined) return `${id} ${which}`;
    return [id, severity, since, detail].join("\n");
  });
  return [...groups.values()].flatMap((all) => {
    const [first, ...more] = all;
    if (!first) return [];
    const verb = OF_SEVERAL[first.id];
    if (more.length === 0 || verb === undefined) return [first];
    const names = all.slice(0, NAMED).map(({ which }) => which);
    const rest = all.length > names.length ? ` and ${all.length - names.length} more` : "";
    return [
      {
        ...first,
        which: `${names.join(", ")}${rest}`,
        title: `${count(all.length, "index")} ${verb}`,
        detail: `${names.join(", ")}${rest}: ${first.detail}`,
      },
    ];
  });
}
