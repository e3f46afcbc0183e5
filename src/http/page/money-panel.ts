import { html, NONE, type Html } from "../html.ts";
import { empty, figures, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { counted, money, shortNumber, withCode } from "./words.ts";

/** What it costs, what it will, and what did not have to be paid. */
export function moneyPanel(view: MaybeView): Html {
  return panel({ id: "money", title: "Money", body: view ? body(view) : empty("Looking…") });
}

function body({ overview: { money: spent } }: NonNullable<MaybeView>): Html {
  const { today, month, saved } = spent;
  const limit = today?.limit_usd ?? null;
  const used = limit !== null && today?.cost_usd ? today.cost_usd / limit : 0;
  const unknown = month.cost_usd === null;
  return html`${figures([
    {
      name: "Today",
      value: money(today?.cost_usd ?? null),
      note: today
        ? `${shortNumber(today.tokens)} tokens${limit === null ? "" : ` · limit ${money(limit)}`}`
        : "",
      ...(used >= 1 ? { tone: "bad" as const } : {}),
    },
    {
      name: "This month so far",
      value: money(month.cost_usd),
      note: `${shortNumber(month.tokens)} tokens`,
    },
    { name: "Forecast, whole month", value: money(month.forecast_usd), note: "at this pace" },
    {
      name: "Saved this month",
      value: saved.usd === null ? shortNumber(saved.vectors) : money(saved.usd),
      note:
        saved.usd === null
          ? "vectors reused"
          : `${counted(saved.vectors, "vector")} not paid for again`,
      ...(saved.vectors > 0 ? { tone: "good" as const } : {}),
    },
  ])}
  ${
    unknown
      ? html`<p class="note">
          ${withCode("Nobody has said what a token costs: set EMBEDDING_PRICE_PER_MILLION_TOKENS.")}
        </p>`
      : NONE
  }`;
}
