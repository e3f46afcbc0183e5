import { html, NONE, type Html } from "../html.ts";
import { withCode } from "./words.ts";

type Panel = { id: string; title: string; aside?: Html; body: Html; className?: string };

/** One part of the page, that can be replaced alone. */
export function panel({ id, title, aside = NONE, body, className = "" }: Panel): Html {
  return html`<section class="panel ${className}" id="${id}" aria-labelledby="${id}-title">
    <header>
      <h2 id="${id}-title">${title}</h2>
      ${aside}
    </header>
    ${body}
  </section>`;
}

/** What a panel says that has nothing to show, and what comes next. */
export function empty(said: string, next = ""): Html {
  return html`<p class="empty">${withCode(said)} <span>${withCode(next)}</span></p>`;
}

type Figure = { name: string; value: Html | string; note?: Html | string; tone?: Tone };
type Tone = "good" | "bad" | "plain";

/** Names with their numbers. */
export function figures(list: readonly Figure[]): Html {
  return html`<dl class="figures">
    ${list.map(
      ({ name, value, note = "", tone = "plain" }) =>
        html`<div>
          <dt>${name}</dt>
          <dd><span class="value tone-${tone}">${value}</span> <small>${note}</small></dd>
        </div>`,
    )}
  </dl>`;
}
