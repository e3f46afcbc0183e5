import type { Overview } from "../../status/overview/overview.ts";
import type { OverallStatus } from "../../status/overview/overall-status.ts";
import { timeLeft } from "../../telemetry/phrases.ts";
import type { StatusRow } from "../../status/status-shape.ts";
import { html, NONE, type Html } from "../html.ts";
import { figures } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import {
  atLeast,
  counted,
  countdown,
  money,
  number,
  percent,
  sentence,
  shortCount,
  shortNumber,
  withCode,
} from "./words.ts";

const WORDS: Record<OverallStatus["word"], string> = {
  working: "Working",
  idle: "Idle",
  waiting: "Waiting",
  stuck: "Stuck",
  broken: "Broken",
};

/** The whole in one word, why, what to do, and the four numbers that matter most. */
export function statePanel(view: MaybeView): Html {
  if (!view) {
    return html`<section class="panel hero state-asking" id="state" aria-labelledby="state-title">
      <div class="word">
        <h2 id="state-title">Looking…</h2>
        <p class="reason">OpenSearch has not answered yet; this page goes on asking.</p>
      </div>
    </section>`;
  }
  const { overview } = view;
  const { state, cycles } = overview;
  const { reason, hint } = firstRun(overview) ?? state;
  const next = hint === undefined ? NONE : html`<p class="hint">${withCode(sentence(hint))}</p>`;
  return html`<section
    class="panel hero state-${state.word} ${state.hint === undefined ? "" : "is-held"}"
    id="state"
    aria-labelledby="state-title"
    data-word="${WORDS[state.word]}"
  >
    <div class="word">
      <h2 id="state-title">${WORDS[state.word]}</h2>
      <p class="reason">${withCode(sentence(reason))}</p>
      ${next} ${progress(overview)}
    </div>
    ${keyFigures(overview)} ${cycles.here ? runNow(cycles.running !== null) : NONE}
  </section>`;
}

/** Where nothing has ever been done, "idle" and "waiting" would leave a newcomer alone. */
function firstRun({
  state,
  coverage,
  cycles,
}: Overview): { reason: string; hint?: string } | undefined {
  if (!coverage || (state.word !== "idle" && state.word !== "waiting")) return undefined;
  const { records, pending } = coverage.total;
  if (records === 0) {
    return {
      reason: "There is no log of the wanted levels yet",
      hint: "As soon as your pipeline indexes one, it gets its vector; OPENSEARCH_INDEX_PATTERN and ENRICHMENT_LEVELS say which.",
    };
  }
  if (
    pending !== null &&
    pending > 0 &&
    cycles.past.length === 0 &&
    cycles.here &&
    state.hint === undefined
  ) {
    return {
      reason: `Nothing has run here yet; ${counted(pending, "record")} wait${pending === 1 ? "s" : ""}`,
      hint: "The first cycle comes by itself; Run now starts it at once.",
    };
  }
  return undefined;
}

function progress({ cycles: { running } }: Overview): Html {
  const told = running?.progress;
  if (!told) return NONE;
  const { done, total, per_second: rate, seconds_left: left } = told;
  const rest = left === null ? "" : ` · ${timeLeft(left)} left`;
  return html`<div class="progress">
    <progress
      max="${Math.max(total, 1)}"
      value="${done}"
      aria-label="Progress of the drain"
    ></progress>
    <p>${number(done)} of ${number(total)} · ${rate.toFixed(0)} a second${rest}</p>
  </div>`;
}

function keyFigures({ coverage, cycles, money: { today } }: Overview): Html {
  const total = coverage?.total;
  const next = cycles.next_run_at;
  const runs = cycles.running ? "now" : next === null ? "none due" : countdown(next);
  return figures([
    {
      name: "Coverage",
      value: total?.records ? percent(total.coverage) : "–",
      note: total ? ofAll(total) : "not known",
    },
    {
      name: "Backlog",
      value: !total || total.pending === null ? "–" : number(total.pending),
      note: total?.quarantined ? `${number(total.quarantined)} in quarantine` : "",
    },
    {
      name: "Spent today",
      value: today ? atLeast(today) : money(null),
      note: today ? shortCount(today.tokens, "token") : "",
    },
    { name: "Next cycle", value: cycles.here ? runs : "elsewhere", note: "" },
  ]);
}

function runNow(running: boolean): Html {
  return html`<form class="run" method="post" action="/do/cycle" data-act>
    <button class="primary" ${running ? html`aria-disabled="true"` : NONE}>
      ${running ? "Running…" : "Run now"}
    </button>
  </form>`;
}

function ofAll({ records, vectorized, without_text: blank }: StatusRow): string {
  if (records === null) return "not everything can be seen";
  return records === 0
    ? "no records"
    : `${shortNumber(vectorized)} of ${shortNumber(records - blank)}`;
}
