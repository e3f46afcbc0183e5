import { nounFor } from "../../domain/count.ts";
import { failures } from "../../domain/outcome.ts";
import type { Overview } from "../../status/overview/overview.ts";
import { html, type Html } from "../html.ts";
import { empty, figures, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { counted, number } from "./words.ts";

/** Fresh logs from Kafka: how fast, how far behind, what waits and what was given up. */
export function tailPanel(view: MaybeView): Html {
  const consumer = view?.overview.consumer;
  const title = consumer?.role === "worker" ? "Worker" : "Fresh logs";
  return panel({ id: "tail", title, body: consumer ? body(consumer) : none(view) });
}

function none(view: MaybeView): Html {
  if (!view) return empty("Looking…");
  return empty(
    "This process reads no topic.",
    "With KAFKA_BOOTSTRAP_SERVERS and KAFKA_TOPIC fresh logs get their vector within seconds.",
  );
}

function body({ tally, waiting, lag, pace }: NonNullable<Overview["consumer"]>): Html {
  const { outcomes, dead_letters: deadLetters, taken } = tally;
  const failed = failures(outcomes);
  return html`${figures([
      {
        name: "Rate",
        value: pace ? pace.vectors_per_second.toFixed(1) : "–",
        note: "vectors a second",
      },
      {
        name: "Lag",
        value: lag === null ? "–" : number(lag),
        note: lag === null ? "not known" : `${nounFor(lag, "message")} behind`,
      },
      {
        name: "Waiting room",
        value: number(waiting),
        note: `${nounFor(waiting, "document")} not there yet`,
      },
      {
        name: "Dead letters",
        value: number(deadLetters),
        note: deadLetters > 0 ? "log-vectorizer dlq list" : "since the start",
        ...(deadLetters > 0 ? { tone: "bad" as const } : {}),
      },
    ])}
    <p class="note">
      ${counted(taken, "record")} since the
      start${failed > 0 ? `, ${number(failed)} without success` : ""}.
    </p>`;
}
