import { html, NONE, type Html } from "../html.ts";
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
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${word === undefined ? "" : `${word} · `}log-vectorizer</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/page.css" />
        <link rel="stylesheet" href="/assets/uplot/uPlot.min.css" />
        <script type="module" src="/assets/page.js"></script>
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header class="top">
          <a class="home" href="/"><h1>log-vectorizer</h1></a>
          <p id="live" class="live" hidden></p>
          <nav aria-label="More">
            <a href="/docs">API</a>
            ${signedIn ? signOut() : NONE}
          </nav>
        </header>
        <main id="main" tabindex="-1">
          <p id="spoken" class="unseen" aria-live="polite"></p>
          <p id="said" class="said-line" role="status">${said ?? ""}</p>
          ${state} ${searchPanel(search)} ${attention}
          <div class="columns">${coverage} ${backlog} ${cycles}</div>
          <div class="columns thin">${tail} ${money} ${quarantine} ${rest.connections}</div>
        </main>
        <footer>
          ${rest.about}
          <p class="scriptless">
            <a href="/">Ask again</a>: without a script this page shows one moment.
          </p>
        </footer>
      </body>
    </html> `.html.trim();
}

function signOut(): Html {
  return html`<form method="post" action="/sign-out">
    <button class="plain">Sign out</button>
  </form>`;
}
