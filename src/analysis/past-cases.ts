import { cosineSimilarity } from "../domain/vector.ts";
import { liftOf, type Rise } from "./rises.ts";

/** An episode as it is compared with others. */
export type Case = {
  id: string;
  group: string;
  service: string;
  fromMs: number;
  /** Of the group's texts; the vectors of all cases are of one model. */
  vector?: Float32Array;
  /** Its own records in the window round its beginning (`windowsOf`). */
  count: number;
  /** What rose with it. */
  rose: readonly Pick<Rise, "group" | "lift">[];
};

/** A past case beside the one that it is compared with. */
export type PastCase<Of extends Case = Case> = {
  case: Of;
  sameGroup: boolean;
  /**
   * 0 to 1: how much of what is known of the two, by weight, is equal: the error itself and what rose with it. No probability that
   * they have one cause.
   */
  likeness: number;
  /** 0 to 1: how alike the two errors are. 1 for one group, else the cosine of their vectors, halved for another service. */
  error: number;
  /** Groups that rose with both, with this one only, and with the past one only, the heaviest first. */
  both: string[];
  onlyNow: string[];
  onlyThen: string[];
};

const OTHER_SERVICE = 0.5;

/**
 * The past cases most like `now`: those of its own group first, then by likeness, then the latest, at most `top`. Linear in the cases.
 *
 * A case is the groups that rose in it, its own first of all. Each weighs log₂ of its lift, times ln((1 + n) / (1 + df)) + 1, where n
 * cases are compared and df of them have it (the smoothed inverse document frequency of scikit-learn), so that what rises with
 * everything says little. Two cases share Σ min / Σ max of these weights (the weighted Jaccard index, Ružička 1958). The errors
 * themselves, which may be of two groups, count with the larger of their weights, and of that they share as much as they are alike.
 */
export function rankPastCases<Of extends Case>(
  now: Case,
  past: readonly Of[],
  top: number,
): PastCase<Of>[] {
  const rarity = rarityOf([now, ...past]);
  const own = fingerprintOf(now, rarity);
  return past
    .map((one) => compare(now, own, one, fingerprintOf(one, rarity)))
    .toSorted(
      (a, b) =>
        Number(b.sameGroup) - Number(a.sameGroup) ||
        b.likeness - a.likeness ||
        b.case.fromMs - a.case.fromMs,
    )
    .slice(0, top);
}

/**
 * The past case that a new group or episode is told to be like: the first of the ranked ones, where its error is the same or alike by
 * at least `surely` (`alikeThresholds`). Whatever else is other is told with it, and does not hide it.
 */
export function likePastCase<Of extends Case>(
  ranked: readonly PastCase<Of>[],
  surely: number,
): PastCase<Of> | undefined {
  return ranked.slice(0, 1).find(({ error }) => error >= surely);
}

/** `own`: the weight of the error itself; `around`: of what rose with it, the heaviest first. */
type Fingerprint = { own: number; around: ReadonlyMap<string, number> };

function rarityOf(cases: readonly Case[]): (group: string) => number {
  const having = new Map<string, number>();
  for (const one of cases) {
    for (const group of new Set([one.group, ...one.rose.map((other) => other.group)])) {
      having.set(group, (having.get(group) ?? 0) + 1);
    }
  }
  return (group) => Math.log((1 + cases.length) / (1 + (having.get(group) ?? 0))) + 1;
}

function fingerprintOf(
  { group: own, count, rose }: Case,
  rarity: (group: string) => number,
): Fingerprint {
  const weight = (group: string, by: number) => Math.max(0, Math.log2(by)) * rarity(group);
  const around = rose
    .filter(({ group }) => group !== own)
    .map((one): [string, number] => [one.group, weight(one.group, one.lift)])
    .toSorted(([, a], [, b]) => b - a);
  // An episode begins after a silence: nothing of it was to be expected.
  const { lift } = liftOf({ during: count, before: 0, duringMs: 1, beforeMs: 1 });
  return { own: weight(own, lift), around: new Map(around) };
}

function compare<Of extends Case>(
  now: Case,
  ours: Fingerprint,
  then: Of,
  theirs: Fingerprint,
): PastCase<Of> {
  const sameGroup = now.group === then.group;
  const error = sameGroup ? 1 : likenessOfErrors(now, then);
  let all = Math.max(ours.own, theirs.own);
  let shared = all * error;
  for (const group of new Set([...ours.around.keys(), ...theirs.around.keys()])) {
    const [a, b] = [ours.around.get(group) ?? 0, theirs.around.get(group) ?? 0];
    shared += Math.min(a, b);
    all += Math.max(a, b);
  }
  const [here, there] = [[...ours.around.keys()], [...theirs.around.keys()]];
  return {
    case: then,
    sameGroup,
    likeness: all === 0 ? error : shared / all,
    error,
    both: here.filter((group) => theirs.around.has(group)),
    onlyNow: here.filter((group) => !theirs.around.has(group)),
    onlyThen: there.filter((group) => !ours.around.has(group)),
  };
}

function likenessOfErrors(a: Case, b: Case): number {
  const cosine = a.vector && b.vector ? (cosineSimilarity(a.vector, b.vector) ?? 0) : 0;
  return Math.max(0, cosine) * (a.service === b.service ? 1 : OTHER_SERVICE);
}
