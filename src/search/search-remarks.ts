import { count, firstOf } from "../domain/count.ts";
import { otherDimensionsLine, otherModelsLine, REEMBED } from "../domain/other-models.ts";
import { gapsLine } from "../domain/partial.ts";
import { usd } from "../domain/usd.ts";
import type { SearchAnswer } from "./search-answer.ts";

/** Why no vector is comparable, though there are vectors; without a full stop. Undefined by words alone. */
export function whyNothingCompared(answer: SearchAnswer): string | undefined {
  if (answer.mode === "words") return undefined;
  if (answer.nothing_comparable) return otherModelsLine(answer.nothing_comparable);
  return answer.searched.records === 0 ? otherDimensionsLine(answer.left_out, answer) : undefined;
}

/** What a reader of the hits should know: what was not compared, what is missing, what it cost. Whole sentences. */
export function searchRemarks(answer: SearchAnswer): string[] {
  const { query, embedding } = answer;
  const unseen = gapsLine(answer.gaps);
  const { cost_usd: cost, texts, tokens } = embedding;
  const price = cost === null ? `${count(tokens, "token")}, price unknown` : usd(cost);
  return [
    ...(query.truncated
      ? ["The text is longer than the model reads: only its beginning was compared."]
      : []),
    ...howSearched(answer),
    ...withoutGraph(answer),
    ...otherModels(answer),
    ...notSearched(answer),
    ...(unseen === undefined
      ? []
      : [`There may be more, because the answer is incomplete: ${unseen}.`]),
    ...storedVector(answer),
    ...(texts > 0 && cost !== 0 ? [`Embedding the text of this search took ${price}.`] : []),
  ];
}

function withoutGraph({ searched: { without_graph: flat } }: SearchAnswer): string[] {
  if (!flat || flat.compared >= flat.records) return [];
  return [
    `Without a graph in ${count(flat.indices, "index")}: only the newest ${flat.compared} of ${count(flat.records, "record")} there were compared. Filters narrow the search to others.`,
  ];
}

/** Where nothing else is there, `whyNothingCompared` says it with the cost. */
function otherModels({
  other_models: others,
  nothing_comparable: nothing,
}: SearchAnswer): string[] {
  if (others.length === 0 || nothing) return [];
  const models = others.map(({ model, records }) => `${records} of ${model ?? "an unknown model"}`);
  return [
    `Not compared, because their vectors are of another model: ${models.join(", ")}. ${REEMBED} makes new ones.`,
  ];
}

function howSearched({ query, mode, hits, ...answer }: SearchAnswer): string[] {
  const quoted = query.must_have.map((part) => `"${part}"`).join(" and ");
  const failed = answer.not_searched_by.map(({ by, reason }) =>
    by === "meaning"
      ? `Not searched by meaning, so that these are the hits by words alone: ${reason}.`
      : `Not searched by words, so that these are the hits by meaning alone: ${reason}.`,
  );
  const [unable, hidden] = [
    mode === "both" &&
      ![...answer.searched_by, ...answer.not_searched_by.map(({ by }) => by)].includes("words"),
    hits.filter(({ vectorized }) => !vectorized).length,
  ];
  return [
    ...(quoted === ""
      ? []
      : [`Only records with ${quoted} in their text, as in the query's quotation marks.`]),
    ...failed,
    ...(unable
      ? ["Searched by meaning alone: there were no words to look for, or the store cannot."]
      : []),
    ...(hidden === 0
      ? []
      : [`${hidden} of these ${hidden === 1 ? "has" : "have"} no vector: words alone find them.`]),
  ];
}

const NOT_BY = {
  words: "Searched by meaning, not by words",
  meaning: "Searched by words, not by meaning",
};

/** Many indices share a reason. */
export function notSearched({
  left_out: left,
}: {
  left_out: readonly { index: string; reason: string; by?: keyof typeof NOT_BY }[];
}): string[] {
  const byReason = Map.groupBy(left, ({ reason, by }) => `${by ?? ""} ${reason}`);
  return [...byReason.values()].flatMap((all) => {
    const [first] = all;
    if (!first) return [];
    const what = first.by === undefined ? "Not searched" : NOT_BY[first.by];
    return [`${what}: ${firstOf(all.map(({ index }) => index))} (${first.reason}).`];
  });
}

function storedVector({ query: { index, id }, stored }: SearchAnswer): string[] {
  if (stored === null) return [];
  if (stored === "updated" || stored === "reused") {
    return [`${index}/${id} had no vector; it has one now (${stored}).`];
  }
  const outcome = stored.replaceAll("_", " ");
  return [
    `${index}/${id} was embedded for this search, and its vector was not stored (${outcome}).`,
  ];
}
