import { exactSubField, isUnsearchable, type FoundField } from "./fields.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import { anyOf } from "./queries.ts";
import type { ClusterFeatures } from "./cluster-features.ts";

type Allowed = Pick<ClusterFeatures, "expensiveQueries">;
type Texts = Pick<IndexShape, "texts">;

const ANALYZED = new Set(["text", "match_only_text"]);
/** Indexed as whole values, so that a word is a pattern in them. */
const WHOLE = new Set(["keyword", "constant_keyword", "wildcard"]);
/** A record with a message in two fields counts the better one, and hardly the other. */
const TIE_BREAKER = 0.1;

type Searched = { name: string; by: "words" | "patterns" | "values"; positions: boolean };

/** How the words of a message field are found; undefined where they are not. */
function searchedBy(field: FoundField, { expensiveQueries }: Allowed): Searched | undefined {
  const { name, type, mapping } = field;
  const unsearchable = isUnsearchable(mapping);
  if (ANALYZED.has(type) && !unsearchable) {
    return { name, by: "words", positions: hasPositions(mapping["index_options"]) };
  }
  const [sub, its] =
    Object.entries(mapping.fields ?? {}).find(
      ([, one]) => ANALYZED.has(one.type ?? "") && !isUnsearchable(one),
    ) ?? [];
  if (sub !== undefined) {
    const positions = hasPositions(its?.["index_options"]);
    return { name: `${name}.${sub}`, by: "words", positions };
  }
  const exact = exactSubField(field);
  const whole = exact === undefined ? name : `${name}.${exact}`;
  if (exact !== undefined || (WHOLE.has(type) && !unsearchable)) {
    // Patterns are among the queries that a cluster may forbid.
    return expensiveQueries ? { name: whole, by: "patterns", positions: false } : undefined;
  }
  return unsearchable ? undefined : { name, by: "values", positions: false };
}

function hasPositions(options: unknown): boolean {
  return options === undefined || options === "positions" || options === "offsets";
}

function searchable({ texts }: Texts, allowed: Allowed): Searched[] {
  return texts.flatMap((field) => searchedBy(field, allowed) ?? []);
}

/** Why no words can be found in these fields. */
export function wordsObjection(shape: Texts, allowed: Allowed): string | undefined {
  if (searchable(shape, allowed).length > 0) return undefined;
  return allowed.expensiveQueries
    ? "its text is not indexed by words"
    : "its text is a keyword, and search.allow_expensive_queries is false";
}

/** Matches records with any of the words, scored by BM25 where the field is analyzed. */
export function wordsQuery(shape: Texts, words: readonly string[], allowed: Allowed): Query {
  const queries = searchable(shape, allowed).map(({ name, by }): Query => {
    if (by === "patterns") return anyOf(words.map((word) => patternOf(name, word)));
    return { match: { [name]: { query: words.join(" "), lenient: true } } };
  });
  return { dis_max: { queries, tie_breaker: TIE_BREAKER } };
}

/** Whether a message field is searched by its tokens. */
export function hasTokens(shape: Texts): boolean {
  return searchable(shape, { expensiveQueries: true }).some(({ by }) => by === "words");
}

/** The standard analyzer makes one token of `com.acme.OrderService.charge`, of which `OrderService.charge` is a part. */
export function isJoined(word: string): boolean {
  return /^\S*\p{L}[.:]\p{L}\S*$/u.test(word);
}

/** Matches records that have one of these within a longer token, of an analyzed field. Scans the field's terms. */
export function insideQuery(shape: Texts, words: readonly string[], allowed: Allowed): Query {
  const fields = searchable(shape, allowed).filter(({ by }) => by === "words");
  return anyOf(fields.flatMap(({ name }) => words.map((word) => patternOf(name, word))));
}

/** Matches records with this part in their text: its words in a row, or in a whole value the very characters. */
export function phraseQuery(shape: Texts, phrase: string, allowed: Allowed): Query {
  return anyOf(
    searchable(shape, allowed).flatMap(({ name, by, positions }): Query[] => {
      if (by === "patterns") return [patternOf(name, phrase)];
      const inside = by === "words" && isJoined(phrase) && allowed.expensiveQueries;
      const whole =
        by === "words" && positions
          ? { match_phrase: { [name]: { query: phrase } } }
          : { match: { [name]: { query: phrase, operator: "and", lenient: true } } };
      return inside ? [whole, patternOf(name, phrase)] : [whole];
    }),
  );
}

function patternOf(name: string, part: string): Query {
  const value = `*${part.replaceAll(/[\\*?]/g, String.raw`\$&`)}*`;
  return { wildcard: { [name]: { value, case_insensitive: true } } };
}
