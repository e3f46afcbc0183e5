import type { Condition } from "./condition.ts";
import type { Facts } from "../status/issues/facts.ts";

/** Indices that are left alone though nobody wants it. */
export function indexConditions({ unfit = [], now }: Pick<Facts, "unfit" | "now">): Condition[] {
  const unwanted = unfit.filter(({ intentional: byIntent }) => !byIntent);
  return unwanted.map(({ index, reason, fix }) => ({
    family: "unfit",
    which: index,
    severity: "warning",
    passing: false,
    since: now,
    title: `Index ${index} is left alone`,
    past: `Index ${index} was left alone`,
    detail: reason,
    cost: "its records get no vector",
    todo:
      fix ??
      "log-vectorizer status says what would fix it, or take it out of OPENSEARCH_INDEX_PATTERN.",
  }));
}
