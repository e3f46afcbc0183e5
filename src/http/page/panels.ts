import { html, type Html } from "../html.ts";
import { attentionPanel } from "./attention-panel.ts";
import { backlogPanel } from "./backlog-panel.ts";
import { connectionsPanel } from "./connections-panel.ts";
import { coveragePanel } from "./coverage-panel.ts";
import { cyclesPanel } from "./cycles-panel.ts";
import { moneyPanel } from "./money-panel.ts";
import { quarantinePanel } from "./quarantine-panel.ts";
import { statePanel } from "./state-panel.ts";
import { tailPanel } from "./tail-panel.ts";
import type { MaybeView } from "./view.ts";
import { timeAndDay } from "./words.ts";

/** The parts that stay up to date, by the id of their element, in the order in which they are read. */
const PANELS = {
  state: statePanel,
  attention: attentionPanel,
  coverage: coveragePanel,
  backlog: backlogPanel,
  cycles: cyclesPanel,
  tail: tailPanel,
  money: moneyPanel,
  quarantine: quarantinePanel,
  connections: connectionsPanel,
  about: aboutLine,
} satisfies Record<string, (view: MaybeView) => Html>;

export type Panels = Record<keyof typeof PANELS, Html>;

export function renderPanels(view: MaybeView): Panels {
  const entries = Object.entries(PANELS).map(([id, render]) => [id, render(view)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its keys are those of PANELS
  return Object.fromEntries(entries) as Panels;
}

/** Who is asked here, and how fresh it is. */
function aboutLine(view: MaybeView): Html {
  if (!view) return html`<p id="about">log-vectorizer</p>`;
  const { version, role, started_at: started, now } = view.overview;
  return html`<p id="about">
    log-vectorizer ${version}, ${role}, running since ${timeAndDay(started)} · as of
    ${timeAndDay(now)}
  </p>`;
}
