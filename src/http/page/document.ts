import { html } from "../html.ts";
import { frame } from "./frame.ts";
import type { Panels } from "./panels.ts";
import { searchPanel } from "./search-panel.ts";
import type { SearchView } from "./search-view.ts";

type Page = {
  panels: Panels;
  search: SearchView;
  /** The state in a word, for the title; undefined while it is not known. */
  word: string | undefined;
  /** What became of what was asked for before. */
  said: string | undefined;
  /** Whether there is somebody to sign out. */
  signedIn: boolean;
};

/** The whole page; everything on it works without a script, which only keeps it up to date. */
export function renderPage({ panels, search, word, said, signedIn }: Page): string {
  const { state, attention, coverage, backlog, cycles, tail, money, quarantine, ...rest } = panels;
  return frame({
    title: word ?? "",
    here: "/",
    script: "page",
    signedIn,
    said,
    main: html`${state} ${searchPanel(search)} ${attention}
      <div class="columns">${coverage} ${backlog} ${cycles}</div>
      <div class="columns thin">${tail} ${money} ${quarantine} ${rest.connections}</div>`,
    foot: html`${rest.about}
      <p class="scriptless">
        <a href="/">Ask again</a>: without a script this page shows one moment.
      </p>`,
  });
}
