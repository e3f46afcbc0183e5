import { nounFor } from "../../domain/count.ts";
import { SET_PRICE } from "../../domain/summary.ts";
import { html, NONE, type Html } from "../html.ts";
import { empty, figures, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { atLeast, counted, money, shortCount, shortNumber, withCode } from "./words.ts";

/** What it costs, what it will, and what did not have to be paid. */
export function moneyPanel(view: MaybeView): Html {
  return panel({ id: "money", title: "Money", body: view ? body(view) : empty("Looking…") });
}

function body({ overview: { money: spent } }: NonNullable<MaybeView>): Html {
  const { today, month, saved } = spent;
  const limit = today?.limit_usd ?? null;
  const used = limit !== null && today?.cost_usd ? today.cost_usd / limit : 0;
  const unpriced = month.cost_usd === null ? month.tokens : (month.unpriced_tokens ?? 0);
  return html`${figures([
    {
      name: "Today",
      value: today ? atLeast(today) : money(null),
      note: today
        ? `${shortCount(today.tokens, "token")}${limit === null ? "" : ` · limit ${money(limit)}`}`
        : "",
      ...(used >= 1 ? { tone: "bad" as const } : {}),
    },
    {
      name: "This month so far",
      value: atLeast(month),
      note: shortCount(month.tokens, "token"),
    },
    { name: "Forecast, whole month", value: money(month.forecast_usd), note: "at this pace" },
    {
      name: "Saved this month",
      value: saved.usd === null ? shortNumber(saved.vectors) : money(saved.usd),
      note:
        saved.usd === null
          ? `${nounFor(saved.vectors, "vector")} reused`
          : `${counted(saved.vectors, "vector")} not paid for again`,
      ...(saved.vectors > 0 ? { tone: "good" as const } : {}),
    },
  ])}
  ${unpriced > 0 ? html`<p class="note">${withCode(unpricedNote(unpriced, limit))}</p>` : NONE}`;
}

function unpricedNote(tokens: number, limit: number | null): string {
  const uncounted = limit === null ? "" : ", so MAX_COST_USD_PER_DAY does not count this use";
  return `The price of ${counted(tokens, "token")} of this month is not known${uncounted}. ${SET_PRICE}`;
}
