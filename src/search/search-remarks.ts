import { count, firstOf } from "../domain/count.ts";
import { otherDimensionsLine, otherModelsLine, REEMBED } from "../domain/other-models.ts";
import { gapsLine } from "../domain/partial.ts";
import { usd } from "../domain/usd.ts";
import type { SearchAnswer } from "./search-answer.ts";

/** Why no vector is comparable, though there are vectors; without a full stop. */
export function whyNothingCompared(answer: SearchAnswer): string | undefined {
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

/** Many indices share a reason. */
export function notSearched({
  left_out: left,
}: {
  left_out: readonly { index: string; reason: string }[];
}): string[] {
  return [...Map.groupBy(left, ({ reason }) => reason)].map(([reason, all]) => {
    return `Not searched: ${firstOf(all.map(({ index }) => index))} (${reason}).`;
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
