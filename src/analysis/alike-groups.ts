import { cosineSimilarity } from "../domain/vector.ts";
import type { AlikeRow } from "./group-answers.ts";

/** A group as it is compared with others. */
export type GroupText = {
  group: string;
  service: string;
  exception?: string;
  template: string;
  /** Of its texts; all of one model. */
  vector: Float32Array;
};

/** Least cosines of groups that may be taken for one error (`surely`), and of those that a person is asked about (`perhaps`). */
export type AlikeThresholds = { surely: number; perhaps: number };

export type AlikeGroup = {
  group: string;
  /** Same service, exception and words, and a cosine of at least `surely`. */
  surely: boolean;
  cosine: number;
  /** Words of the templates, in their order: in both, in the one that was asked about only, and in the other only. */
  common: string[];
  onlyThis: string[];
  onlyOther: string[];
  /** What differs beside the words. */
  differs: ("service" | "exception")[];
};

/** More are not compared: the caller gives the latest seen ones. */
const MOST_COMPARED = 10_000;
const MOST_WORDS = 200;

/**
 * Groups that may be the same error as `one`, the surest and nearest first, at most `top`. Groups of another service or exception, or
 * with other words, are never surely alike, whatever their cosine: one word makes another error ("LOOKING", "LEADING") and leaves the
 * cosine at 0.99. Letter case, punctuation and repetitions of a word do not count. One pass over at most 10,000 others, for a
 * new group, and not all pairs.
 */
export function alikeGroups(
  one: GroupText,
  others: readonly GroupText[],
  { surely, perhaps }: AlikeThresholds,
  top: number,
): AlikeGroup[] {
  return others
    .slice(0, MOST_COMPARED)
    .flatMap((other) => {
      if (other.group === one.group) return [];
      const cosine = cosineSimilarity(one.vector, other.vector);
      return cosine === undefined || cosine < perhaps ? [] : [{ other, cosine }];
    })
    .map(({ other, cosine }) => {
      const differs = differences(one, other);
      const isSure = cosine >= surely && differs.length === 0 && saysTheSame(one, other);
      return { other, cosine, differs, surely: isSure };
    })
    .toSorted(byNearness)
    .slice(0, top)
    .map(({ other, ...found }) => ({
      group: other.group,
      ...found,
      ...compareWords(one.template, other.template),
    }));
}

function byNearness(
  a: Pick<AlikeGroup, "surely" | "cosine">,
  b: Pick<AlikeGroup, "surely" | "cosine">,
): number {
  return Number(b.surely) - Number(a.surely) || b.cosine - a.cosine;
}

/** Why a group is proposed: "perhaps like: the same words, but another service". */
export function alikeReason({
  surely,
  differs,
  only_this: here,
  only_other: there,
}: Pick<AlikeRow, "surely" | "differs" | "only_this" | "only_other">): string {
  if (surely) return "surely like: the same words, service and exception";
  const others = differs.map((what) => `another ${what}`).join(" and ");
  if (here.length + there.length === 0) {
    return `perhaps like: ${others === "" ? "nearly the same text" : `the same words, but ${others}`}`;
  }
  const words = [
    ...(here.length > 0 ? [`here ${here.join(" ")}`] : []),
    ...(there.length > 0 ? [`there ${there.join(" ")}`] : []),
  ].join(", ");
  const same = others === "" ? "the same service and exception" : others;
  return `perhaps like: ${same}, and other words: ${words}`;
}

/** By the name of the model, as stamps have it; measured on real logs (docs/performance.md, "Groups of errors"). */
const THRESHOLDS: readonly (readonly [RegExp, AlikeThresholds])[] = [
  [/^local-hashing/, { surely: 0.9, perhaps: 0.8 }],
  [/^all-minilm/, { surely: 0.9, perhaps: 0.85 }],
  [/^use-multilingual/, { surely: 0.9, perhaps: 0.9 }],
];
const NOT_MEASURED: AlikeThresholds = { surely: 0.95, perhaps: 0.9 };

export function alikeThresholds(model: string): AlikeThresholds {
  return THRESHOLDS.find(([name]) => name.test(model))?.[1] ?? NOT_MEASURED;
}

function differences(a: GroupText, b: GroupText): AlikeGroup["differs"] {
  return [
    ...(a.service === b.service ? [] : (["service"] as const)),
    ...(a.exception === b.exception ? [] : (["exception"] as const)),
  ];
}

function saysTheSame(a: GroupText, b: GroupText): boolean {
  const said = ({ template }: GroupText) =>
    wordsOf(template.toLowerCase())
      .filter((word, i, words) => word !== words[i - 1])
      .join(" ");
  return said(a) === said(b);
}

/** Words of two templates, in their order. */
export function compareWords(
  a: string,
  b: string,
): Pick<AlikeGroup, "common" | "onlyThis" | "onlyOther"> {
  const [these, those] = [new Set(wordsOf(a)), new Set(wordsOf(b))];
  return {
    common: [...these.intersection(those)],
    onlyThis: [...these.difference(those)],
    onlyOther: [...those.difference(these)],
  };
}

/** What varies is no word. */
function wordsOf(template: string): string[] {
  const words = template.match(/[^\s()[\]{}<>*,;:.!?="'`]+/g) ?? [];
  return words.slice(0, MOST_WORDS);
}
