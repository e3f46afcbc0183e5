import { z } from "zod";

/** What OpenSearch says of one item. */
export type ItemAnswer = {
  status: number;
  error?: { type: string; reason: string; [more: string]: unknown };
};

/** The false answer for an update of that document; undefined where the server is to answer. */
export type ItemAnswers = (document: { index: string; id: string }) => ItemAnswer | undefined;

const actionShape = z.object({ update: z.object({ _index: z.string(), _id: z.string() }) });
const answerShape = z.looseObject({ items: z.array(z.unknown()) });

/** A bulk request of updates without some of them, and how their answers get into the server's. */
export function withoutItems(
  body: string,
  answers: ItemAnswers,
): { body: string; merge: (answer: unknown) => unknown } {
  const lines = body.trimEnd().split("\n");
  const falseItems = new Map<number, unknown>();
  let kept = "";
  let count = 0;
  for (let at = 0; at + 1 < lines.length; at += 2, count++) {
    const [action = "", document = ""] = lines.slice(at, at + 2);
    const { _index: index, _id: id } = actionShape.parse(JSON.parse(action)).update;
    const said = answers({ index, id });
    if (said) falseItems.set(count, { update: { _index: index, _id: id, ...said } });
    else kept += `${action}\n${document}\n`;
  }
  return {
    body: kept,
    merge(answer) {
      const { items, ...rest } = answerShape.parse(answer);
      const real = items[Symbol.iterator]();
      const merged = Array.from(
        { length: count },
        (_, i) => falseItems.get(i) ?? real.next().value,
      );
      return { ...rest, items: merged };
    },
  };
}
