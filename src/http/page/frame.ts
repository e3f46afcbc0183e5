import { html, NONE, type Html } from "../html.ts";

/** The pages, as the links between them name them. */
const PLACES = [
  { path: "/", name: "Status" },
  { path: "/errors", name: "Errors" },
] as const;

type Frame = {
  /** What this page is about; "" where there is nothing to say yet. */
  title: string;
  /** Which of the pages it is, or belongs to. */
  here: (typeof PLACES)[number]["path"];
  /** The module in assets that helps where scripts run. */
  script: "page" | "errors";
  /** Whether there is somebody to sign out. */
  signedIn: boolean;
  /** What became of what was asked for before. */
  said: string | undefined;
  main: Html;
  foot: Html;
};

/** A whole document: head, the links between the pages, and what stands between them. */
export function frame({ title, here, script, signedIn, said, main, foot }: Frame): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title === "" ? "" : `${title} · `}log-vectorizer</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/page.css" />
        ${script === "page" ? html`<link rel="stylesheet" href="/assets/uplot/uPlot.min.css" />` : html`<link rel="stylesheet" href="/assets/errors.css" />`}
        <script type="module" src="/assets/${script}.js"></script>
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header class="top">
          <a class="home" href="/"><h1>log-vectorizer</h1></a>
          <p id="live" class="live" hidden></p>
          <nav aria-label="Pages">
            ${PLACES.map(({ path, name }) => html`<a href="${path}" ${path === here ? html`aria-current="page"` : NONE}>${name}</a>`)}
            <a href="/docs">API</a>
            ${signedIn ? signOut() : NONE}
          </nav>
        </header>
        <main id="main" tabindex="-1">
          <p id="spoken" class="unseen" aria-live="polite"></p>
          <p id="said" class="said-line" role="status">${said ?? ""}</p>
          ${main}
        </main>
        <footer>${foot}</footer>
      </body>
    </html> `.html.trim();
}

function signOut(): Html {
  return html`<form method="post" action="/sign-out">
    <button class="plain">Sign out</button>
  </form>`;
}
