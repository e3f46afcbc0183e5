import type { ExplainAnswer, ShownClaim } from "../../analysis/explanation/explain-answer.ts";
import { headlineOf, KIND_WORDS, modelRemark } from "../../analysis/explanation/report.ts";
import type { Evidence } from "../../domain/explanation/claim.ts";
import { html, NONE, type Html } from "../html.ts";
import { remarks, unshown } from "./errors-remarks.ts";
import type { Unshown } from "./errors-view.ts";
import { frame } from "./frame.ts";
import { empty, panel } from "./panel.ts";
import { ago, counted, oneLine, sentence, timeAndDay, withCode } from "./words.ts";

/** What `/explain` shows. `now`: ISO 8601, UTC. */
export type ExplainView = { now: string } & (Unshown | { kind: "answer"; answer: ExplainAnswer });

/** What is known of one error, and the sentences of a model that hold against it. */
export function renderExplanation(view: ExplainView, { signedIn }: { signedIn: boolean }): string {
  const { now } = view;
  const isAnswer = view.kind === "answer";
  return frame({
    title: isAnswer ? `Explained: ${oneLine(view.answer.subject.text, 50)}` : "Explanation",
    here: "/errors",
    script: "errors",
    signedIn,
    said: undefined,
    main: isAnswer
      ? shown(view.answer)
      : panel({ id: "explanation", title: "Explanation", body: unshown(view) }),
    foot: html`<p data-now="${now}">As of ${timeAndDay(now)}.</p>`,
  });
}

function shown(answer: ExplainAnswer): Html {
  const { evidence, subject } = answer;
  const own = subject.group;
  const of = (sort: Evidence["sort"]) => evidence.filter((one) => one.sort === sort);
  return html`${verdictPanel(answer)} ${claimsPanel(answer)}
    <div class="columns">
      ${evidencePanel("notes", "Notes", of("note"), own, "Nobody wrote of this error, or of one like it.")}
      ${evidencePanel("facts", "Facts", of("fact"), own, "Nothing is counted of it.")}
    </div>
    ${evidencePanel("documents", "Documents", of("document"), own, "There is none.")}`;
}

function verdictPanel(answer: ExplainAnswer): Html {
  const { subject, memory, gaps } = answer;
  const { group, service, text, question } = subject;
  return panel({
    id: "explanation",
    title: headlineOf(answer),
    aside:
      group === null
        ? html`<p><a href="/errors">All errors</a></p>`
        : html`<p><a href="/errors/${group}">Error ${group}</a></p>`,
    body: html`${service === null ? NONE : html`<p class="what"><b>${service}</b></p>`}
    ${question === null ? html`<p class="message" dir="ltr">${oneLine(text, 1000)}</p>` : askForm(question)}
    ${remarks({ memory, gaps })}`,
  });
}

function claimsPanel(answer: ExplainAnswer): Html {
  const { claims, model, missing, dropped } = answer;
  const remark = modelRemark(answer);
  return panel({
    id: "claims",
    title: "What the evidence says",
    aside: model === null ? NONE : html`<p>sentences of ${model}, each checked</p>`,
    body: html`${
      model === null
        ? empty("No language model is asked.", "LLM_MODEL names one. All below is known without.")
        : NONE
    }
    ${
      claims.length === 0
        ? NONE
        : html`<ol class="claims">
            ${claims.map(claim)}
          </ol>`
    }
    ${
      remark === undefined
        ? NONE
        : html`<p class="note" role="status">${withCode(sentence(remark))}</p>`
    }
    ${
      dropped.length === 0
        ? NONE
        : html`<details class="dropped">
            <summary>
              Why ${counted(dropped.length, "sentence")} ${dropped.length === 1 ? "is" : "are"} not
              shown
            </summary>
            <ul>
              ${dropped.map(({ reason }) => html`<li>${reason}</li>`)}
            </ul>
          </details>`
    }
    ${
      missing.length === 0
        ? NONE
        : html`<h3 class="rose-title">What would settle it</h3>
            <ul class="missing">
              ${missing.map((one) => html`<li>${one}</li>`)}
            </ul>`
    }`,
  });
}

function claim({ text, kind, cites }: ShownClaim): Html {
  return html`<li class="claim claim-${kind}">
    <p><b class="kind">${KIND_WORDS[kind]}</b> <span dir="auto">${text}</span></p>
    <ul class="cites">
      ${cites.map(
        ({ ref, quote }) =>
          html`<li><a href="#${ref}">${ref}</a> <q dir="ltr">${oneLine(quote, 300)}</q></li>`,
      )}
    </ul>
  </li>`;
}

function evidencePanel(
  id: string,
  title: string,
  evidence: readonly Evidence[],
  own: string | null,
  none: string,
): Html {
  return panel({
    id,
    title,
    body:
      evidence.length === 0
        ? empty(none)
        : html`<ol class="evidence">
            ${evidence.map((one) => piece(one, own))}
          </ol>`,
  });
}

/** `own`: the error that is explained, which needs no link at each piece. */
function piece(
  { ref, title, text, at, index, id, shard_key: key, group, sort }: Evidence,
  own: string | null,
): Html {
  const query = key === null ? "" : `?${new URLSearchParams({ shard_key: key }).toString()}`;
  const isStored = index !== null && id !== null;
  return html`<li id="${ref}">
    <p class="meta"><b>${ref}</b> ${title} ${at === null ? NONE : html`· ${ago(at)}`}</p>
    <pre class="message" dir="ltr" tabindex="0">${text}</pre>
    ${
      isStored
        ? html`<p class="links">
            <a href="/logs/${encodeURIComponent(index)}/${encodeURIComponent(id)}${query}"
              >Whole message</a
            >
          </p>`
        : NONE
    }
    ${
      group !== null && group !== own && sort !== "document"
        ? html`<p class="links"><a href="/errors/${group}">Error ${group}</a></p>`
        : NONE
    }
  </li>`;
}

/** A box for a question in words. `question`: what stands in it. */
export function askForm(question = ""): Html {
  return html`<form method="post" action="/explain" class="ask">
    <label for="question">Ask about errors</label>
    <input
      id="question"
      name="question"
      required
      maxlength="1000"
      placeholder="why did payments fail last night?"
      value="${question}"
    />
    <button class="primary">Ask</button>
  </form>`;
}

/** A button that asks for an explanation: of a record, or of an error by its id. */
export function explainButton(
  of: { group: string } | { index: string; id: string; shard_key: string | null },
): Html {
  const fields = Object.entries(of).flatMap(([name, value]) =>
    value === null ? [] : [{ name, value }],
  );
  return html`<form method="post" action="/explain" class="explain">
    ${fields.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="plain">Explain</button>
  </form>`;
}
