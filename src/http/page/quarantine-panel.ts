import { OTHER_ERRORS } from "../../pipeline/quarantine/list-quarantined.ts";
import {
  quarantineReason,
  quoted,
  type QuarantineEntry,
  type QuarantineList,
} from "../../pipeline/quarantine/quarantine-answer.ts";
import { html, NONE, type Html } from "../html.ts";
import { empty, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { ago, countdown, counted, number } from "./words.ts";

const KINDS = 5;
/** How many of the newest are asked for and shown. */
export const NEWEST = 8;

/** What was refused by the embedder, why, and another try. */
export function quarantinePanel(view: MaybeView): Html {
  const list = view?.quarantine;
  const total = list?.total ?? view?.overview.coverage?.total.quarantined ?? 0;
  return panel({
    id: "quarantine",
    title: "Quarantine",
    aside: total > 0 ? html`<p>${counted(total, "record")}</p>` : NONE,
    body: body(view, list),
  });
}

function body(view: MaybeView, list: QuarantineList | undefined): Html {
  if (!view) return empty("Looking…");
  if (view.quarantineProblem !== undefined) {
    return empty("The quarantine cannot be read now.", view.quarantineProblem);
  }
  if (!list) {
    return view.overview.coverage
      ? empty("Nothing is in quarantine.", "No record was refused.")
      : empty("Unknown while OpenSearch does not answer.");
  }
  if (list.total === 0) return empty("Nothing is in quarantine.", "No record was refused.");
  const { by_error: byError, quarantined: newest } = list;
  const rest = byError.slice(KINDS).reduce((sum, { records }) => sum + records, 0);
  return html`<ul class="kinds">
      ${byError.slice(0, KINDS).map((kind) => reason(kind, byError.length > 1))}
      ${rest > 0 ? html`<li><b>${number(rest)}</b> <span>for other reasons</span></li>` : NONE}
    </ul>
    <form method="post" action="/do/retry" data-act>
      <input type="hidden" name="all" value="true" />
      <button>Try all again</button>
    </form>
    <details id="quarantine-newest">
      <summary>The newest ${newest.length === 1 ? "one" : String(newest.length)}</summary>
      <ul class="set-aside">
        ${newest.map(entry)}
      </ul>
    </details>`;
}

/** One of several reasons can be tried again by itself. */
function reason({ error, records }: QuarantineList["by_error"][number], several: boolean): Html {
  const again =
    several && error !== "" && error !== OTHER_ERRORS
      ? html`<form method="post" action="/do/retry" data-act>
          <input type="hidden" name="error" value="${error}" />
          <button class="small" aria-label="Try again: ${error}">Try again</button>
        </form>`
      : NONE;
  return html`<li>
    <b>${number(records)}</b>
    <span>${error === "" ? "no reason is known" : quoted(error)}</span>${again}
  </li>`;
}

function entry(one: QuarantineEntry): Html {
  const { index, id, timestamp, attempts, next_try: nextTry } = one;
  const again = nextTry === null ? html`never by itself` : countdown(nextTry);
  return html`<li>
    <p class="said">${quarantineReason(one)}</p>
    <p class="when">
      <span class="name">${index}/${id}</span>
      ${timestamp === null ? NONE : html`· log of ${ago(timestamp)}`} · ${counted(attempts, "try")}
      · next ${again}
    </p>
    <form method="post" action="/do/retry" data-act>
      <input type="hidden" name="index" value="${index}" />
      <input type="hidden" name="id" value="${id}" />
      <button class="small" aria-label="Try ${id} again">Try again</button>
    </form>
  </li>`;
}
