import { squeezed } from "./names.ts";

/** Letters that tell a word from others, whatever its ending. */
const STEM = 5;

function stemOf(word: string): string {
  return word.slice(0, STEM);
}

/** Words that say nothing about what happened: how sentences are built, and how one speaks of evidence. */
const COMMON: readonly RegExp[] = [
  /^(?:the|and|for|are|was|were|been|being|has|have|had|having|this|that|these|those|with)$/,
  /^(?:without|from|into|onto|over|under|above|below|between|after|before|during|while|when)$/,
  /^(?:where|which|what|who|whom|whose|why|how|than|then|there|here|their|they|them|its|his)$/,
  /^(?:her|our|your|you|not|can|could|may|might|must|shall|should|will|would|does|did|done)$/,
  /^(?:doing|but|also|both|each|every|any|all|some|many|most|more|less|few|several|other)$/,
  /^(?:another|same|such|only|just|very|still|again|once|about|because|since|until|though)$/,
  /^(?:although|however|therefore|thus|hence|per|via|within|across|along|among|against)$/,
  /^(?:toward|towards|due|out|off|one|likely|probably|possibly|perhaps|seems|appear|appears)$/,
  /^(?:appeared|indicate|indicates|indicated|suggest|suggests|suggested|show|shows|shown)$/,
  /^(?:showed|say|says|said|state|states|stated|report|reports|reported|record|records)$/,
  /^(?:recorded|log|logs|logged|entry|message|messages|line|lines|evidence|note|notes|fact)$/,
  /^(?:facts|document|documents|case|cases|error|errors|failure|failures|fail|fails|failed)$/,
  /^(?:failing|exception|exceptions|problem|problems|issue|issues|event|events|occur|occurs)$/,
  /^(?:occurred|occurring|happen|happens|happened|cause|causes|caused|causing|reason)$/,
  /^(?:reasons|result|results|resulted|lead|leads|led|service|services|system|systems)$/,
  /^(?:application|process|time|times|first|last|earlier|later|previous|previously|now|new)$/,
  /^(?:known|unknown|current|currently|recent|recently|begin|began|begins|start|started)$/,
  /^(?:starts|end|ended|ends|see|seen|find|found|make|made|get|got|give|given|take|taken)$/,
  /^(?:use|used|using|try|tried|call|called|calls|calling|often|usual|usually|normal|again)$/,
  /^(?:increase|rise|similar|like|alike|different|differs|differ|difference|look|looks)$/,
  /^(?:check|checks|checked|need|needs|needed|able|unable)$/,
];

function isCommon(word: string): boolean {
  return COMMON.some((some) => some.test(word));
}

/** Words of at least three letters, or two of Hangul; identifiers fall into their parts. */
function wordsIn(text: string): string[] {
  const parts = text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toLowerCase();
  return parts.match(/\p{Script=Hangul}{2,}|\p{L}{3,}/gu) ?? [];
}

function stemsOf(words: readonly string[]): Set<string> {
  return new Set(
    words.map((word) => (/\p{Script=Hangul}/u.test(word) ? word.slice(0, 2) : stemOf(word))),
  );
}

/**
 * The share of a sentence's own words that stand in the text, 0 to 1, whatever their endings; null where it has none of its own. Korean
 * words count only where the text has Korean.
 */
export function supportOf(sentence: string, text: string): number | null {
  const there = stemsOf(wordsIn(text));
  const isKorean = /\p{Script=Hangul}/u.test(text);
  const own = [...stemsOf(wordsIn(sentence).filter((word) => !isCommon(word)))].filter(
    (stem) => isKorean || !/\p{Script=Hangul}/u.test(stem),
  );
  if (own.length === 0) return null;
  return own.filter((stem) => there.has(stem)).length / own.length;
}

/** Words that deny, or name a failure, which comes to the same. */
const NEGATIVE =
  /\b(?:not?|never|none|nothing|neither|nor|without|cannot|unable|fail\w*|refus\w*|den(?:y|ied|ies)|reject\w*|missing|lost|absent|lack\w*|impossible|invalid|broken|down|time[ds]?[ -]?out|timeouts?|exhausted|full|un(?:available|reachable|known|expected)|error\w*|exception\w*|\w+n[’']t)\b|않|없|못|실패|거부|아니|안 /iu;
const DENIAL = /\b(?:not?|never|none|nothing|neither|nor|without|cannot|\w+n[’']t)\b|않|없|아니/iu;

/** Why the sentence says the opposite of its quotes, as far as a word of denial tells; undefined where it does not. */
export function contradiction(sentence: string, quotes: readonly string[]): string | undefined {
  const said = quotes.map(squeezed).join(" ");
  if (DENIAL.test(sentence) && !NEGATIVE.test(said)) {
    return "It denies something, and what it quotes denies nothing.";
  }
  if (DENIAL.test(said) && !NEGATIVE.test(sentence)) {
    return "What it quotes denies something, and the sentence does not.";
  }
  return undefined;
}

/** How it was before, or is usually: no single document tells. */
const TREND =
  /\b(?:usual(?:ly)?|normal(?:ly)?|increas\w*|decreas\w*|spik\w*|rose|risen|rising|surg\w*|more (?:often|than)|less (?:often|than)|first time|never (?:before|seen)|again|repeated(?:ly)?|recurr\w*|always|for the first|in the past|previous(?:ly)?)\b|처음|평소|증가|감소|급증|다시|반복/iu;

export function saysTrend(sentence: string): boolean {
  return TREND.test(sentence);
}

/** Words that name a cause. */
const CAUSE =
  /\b(?:caus(?:e[ds]?|ing)|because|due to|reason|root|led to|leads? to|result(?:s|ed)? (?:in|from|of)|stems? from|owing to|responsible for|blame\w*|trigger\w*)\b|원인|때문|인해|탓|으로 인/iu;

export function saysCause(sentence: string): boolean {
  return CAUSE.test(sentence);
}
