import { count, firstOf } from "../../domain/count.ts";
import type { Issue, IssueId } from "./issue.ts";

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
    const names = firstOf(all.map(({ which }) => which));
    return [
      {
        ...first,
        which: names,
        title: `${count(all.length, "index")} ${verb}`,
        detail: `${names}: ${first.detail}`,
      },
    ];
  });
}
