import { groupIssues } from "../../status/issues/group-issues.ts";
import type { Issue } from "../../status/issues/issue.ts";
import { html, NONE, type Html } from "../html.ts";
import { panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { ago, countdown, sentence, withCode } from "./words.ts";

/** What is wrong, since when, what that means and what to do about it; hidden where nothing is. */
export function attentionPanel(view: MaybeView): Html {
  const issues = groupIssues(view?.overview.issues ?? []);
  if (issues.length === 0) return html`<section id="attention" hidden></section>`;
  return panel({
    id: "attention",
    title: "Needs attention",
    className: "wide",
    body: html`<ul class="items">
      ${issues.map(shown)}
    </ul>`,
  });
}

function shown({ severity, title, detail, impact, action, since, until }: Issue): Html {
  return html`<li class="${severity === "critical" ? "is-bad" : "is-wait"}">
    <h3>${title}</h3>
    <p class="said">${withCode(sentence(detail))}</p>
    ${impact === undefined ? NONE : html`<p class="impact">${withCode(sentence(capital(impact)))}</p>`}
    <p class="hint">${withCode(sentence(capital(action)))}</p>
    ${since === null ? NONE : html`<p class="when">Since ${ago(since)}</p>`}
    ${until === undefined ? NONE : html`<p class="when">Goes on ${countdown(until)}</p>`}
  </li>`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
