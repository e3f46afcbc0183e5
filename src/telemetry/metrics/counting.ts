import { FAULT_KINDS } from "../../domain/faults.ts";
import { OUTCOMES } from "../../domain/outcome.ts";
import { wroteNothingBecauseOf } from "../../domain/summary.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CallTarget, Events, RecordSource } from "../../ports/events.ts";
import type { Meters } from "./meters.ts";

const TARGETS = ["embedder", "opensearch"] as const satisfies CallTarget[];
const ALERT_RESULTS = ["sent", "failed", "dropped"];
const SWEEP_VERDICTS = [
  "current",
  "text_changed",
  "other_model",
  "other_text_version",
  "other_key",
  "unsigned",
] as const;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

type CountingDeps = {
  meters: Meters;
  clock: Pick<Clock, "now">;
  /** Of the embedder; the price in USD per million tokens, null where it is unknown. */
  model: string;
  price: number | null;
  /** How many of some texts are like earlier ones; absent where that is of no interest. */
  alike: ((texts: readonly string[]) => number) | undefined;
  /** Where records come from in this process; their counts begin at 0. */
  sources: readonly RecordSource[];
  /** Whether this process runs cycles. */
  cycles: boolean;
  /** Those that this process may send. */
  deadLetterCodes: readonly string[];
  /** Milliseconds since the epoch; undefined where no cycle is known to have ended well. */
  lastSuccessAt: number | undefined;
};

/** What became of an alert, as its sender reports it. */
type AlertListener = { alertSent(what: { channel: string; result: string }): void };

/** What is counted, and what the counting knows besides. */
export type Counting = {
  listener: Partial<Events> & AlertListener;
  inProgress(target: CallTarget): number;
  lastSuccessAt(): number | undefined;
  lastSweepAt(): number | undefined;
  /** Share of a drain's records that had their turn; undefined where no drain runs, or not all could be seen. */
  drained(): number | undefined;
};

/** Turns events into counts as they are told. */
export function createCounting(deps: CountingDeps): Counting {
  const { meters, clock, model, alike } = deps;
  const inFlight = new Map<CallTarget, number>();
  let { lastSuccessAt } = deps;
  let lastSweepAt: number | undefined;
  let drained: number | undefined;
  let sawAll = true;
  const change = (target: CallTarget, by: number) =>
    inFlight.set(target, Math.max(0, (inFlight.get(target) ?? 0) + by));
  beginAtZero(deps);
  return {
    inProgress: (target) => inFlight.get(target) ?? 0,
    lastSuccessAt: () => lastSuccessAt,
    lastSweepAt: () => lastSweepAt,
    drained: () => (sawAll ? drained : undefined),
    listener: {
      stageEnded: ({ stage, durationMs }) =>
        meters.observe("stage_duration_seconds", { stage }, durationMs / 1000),
      recordsEnded({ source, outcomes, faults }) {
        for (const outcome of OUTCOMES) {
          const records = outcomes[outcome] ?? 0;
          if (records > 0) meters.add("records_total", { source, outcome }, records);
        }
        for (const kind of FAULT_KINDS) {
          const records = faults[kind] ?? 0;
          if (records > 0) meters.add("record_errors_total", { source, kind }, records);
        }
        const vectors = (outcomes.updated ?? 0) + (outcomes.reused ?? 0);
        // A drain may take longer than many cycles.
        if (source === "backfill" && drained !== undefined && vectors > 0) {
          lastSuccessAt = clock.now();
        }
      },
      textsAnswered({ texts, tokens, costUsd }) {
        meters.add("embedding_texts_total", { model }, texts.length);
        if (alike) meters.add("embedding_texts_alike_total", { model }, alike(texts));
        meters.add("embedding_tokens_total", { model }, tokens);
        if (costUsd !== null) meters.add("embedding_cost_usd_total", { model }, costUsd);
      },
      textsSaved({ cache, store, duplicate }) {
        meters.add("texts_saved_total", { by: "cache" }, cache);
        meters.add("texts_saved_total", { by: "store" }, store);
        meters.add("texts_saved_total", { by: "duplicate" }, duplicate);
      },
      callBegan: ({ target }) => void change(target, 1),
      callEnded({ target, durationMs, fault }) {
        change(target, -1);
        meters.add("requests_total", { target });
        meters.observe("request_duration_seconds", { target }, durationMs / 1000);
        if (!fault) return;
        meters.add("request_errors_total", { target, kind: fault.kind });
        if (fault.timedOut) meters.add("request_timeouts_total", { target });
      },
      callRepeated: ({ target, times }) => meters.add("request_retries_total", { target }, times),
      cycleStarted: ({ drain }) => {
        drained = drain ? 0 : undefined;
        sawAll = true;
      },
      drainProgress: ({ done, total, partial = false }) => {
        sawAll = !partial;
        drained = total > 0 ? done / total : 1;
      },
      cycleEnded({ summary, fault }) {
        drained = undefined;
        const { duration_ms: durationMs, outcomes } = summary;
        meters.observe("stage_duration_seconds", { stage: "cycle" }, durationMs / 1000);
        const failed = wroteNothingBecauseOf(outcomes, fault);
        meters.add("cycles_total", { result: failed ? "failed" : "ok" });
        if (!failed) lastSuccessAt = clock.now();
      },
      cycleFailed() {
        drained = undefined;
        meters.add("cycles_total", { result: "failed" });
      },
      cycleSkipped: () => meters.add("cycles_total", { result: "skipped" }),
      sweepEnded({ summary, reason }) {
        for (const verdict of SWEEP_VERDICTS) {
          meters.add("sweep_records_total", { verdict }, summary[verdict]);
        }
        if (reason === undefined) lastSweepAt = clock.now();
      },
      falseMarksFound: ({ records }) => meters.add("false_marks_total", {}, records),
      deadLetterSent: ({ code }) => meters.add("dead_letters_total", { code }),
      alertSent({ channel, result }) {
        for (const other of ALERT_RESULTS) {
          meters.add("alerts_sent_total", { channel, result: other }, Number(other === result));
        }
      },
      explained({ model: llm, verdict, claims, dropped, askedMs, unreadable, ...rest }) {
        const { tokens, costUsd, durationMs, fault } = rest;
        const answered = fault ? "fallback" : askedMs.length === 0 ? "kept" : "model";
        meters.add("explanations_total", { verdict, by: llm === "none" ? "code" : answered });
        meters.observe("stage_duration_seconds", { stage: "explain" }, durationMs / 1000);
        meters.add("explanation_claims_total", { result: "kept" }, claims);
        meters.add("explanation_claims_total", { result: "dropped" }, dropped);
        if (llm === "none") return;
        meters.add("llm_requests_total", { model: llm }, askedMs.length);
        meters.add("llm_repairs_total", { model: llm }, Math.max(0, askedMs.length - 1));
        for (const ms of askedMs) {
          meters.observe("llm_request_duration_seconds", { model: llm }, ms / 1000);
        }
        meters.add("llm_unreadable_total", { model: llm }, unreadable);
        meters.add("llm_tokens_total", { model: llm, direction: "input" }, tokens.input);
        meters.add("llm_tokens_total", { model: llm, direction: "output" }, tokens.output);
        if (costUsd !== null) meters.add("llm_cost_usd_total", { model: llm }, costUsd);
        if (fault) meters.add("llm_errors_total", { kind: fault.kind });
        meters.add("llm_timeouts_total", { model: llm }, Number(fault?.timedOut === true));
      },
      requestEnded({ method, route, status, durationMs }) {
        const known = METHODS.has(method) ? method : "other";
        meters.add("http_requests_total", { route, method: known, status: String(status) });
        meters.observe("http_request_duration_seconds", { route }, durationMs / 1000);
      },
    },
  };
}

/** A count that first appears with its first event has no rate then. */
function beginAtZero(deps: CountingDeps) {
  const { meters, model, price, alike, sources, cycles, deadLetterCodes } = deps;
  for (const source of sources) {
    for (const outcome of OUTCOMES) meters.add("records_total", { source, outcome }, 0);
    for (const kind of FAULT_KINDS) meters.add("record_errors_total", { source, kind }, 0);
  }
  for (const target of TARGETS) {
    for (const kind of FAULT_KINDS) meters.add("request_errors_total", { target, kind }, 0);
    meters.add("requests_total", { target }, 0);
    meters.add("request_timeouts_total", { target }, 0);
    meters.add("request_retries_total", { target }, 0);
  }
  meters.add("embedding_texts_total", { model }, 0);
  if (alike) meters.add("embedding_texts_alike_total", { model }, 0);
  meters.add("embedding_tokens_total", { model }, 0);
  if (price !== null) meters.add("embedding_cost_usd_total", { model }, 0);
  for (const by of ["cache", "store", "duplicate"]) meters.add("texts_saved_total", { by }, 0);
  for (const code of deadLetterCodes) meters.add("dead_letters_total", { code }, 0);
  const results = cycles ? ["ok", "failed", "skipped"] : [];
  for (const result of results) meters.add("cycles_total", { result }, 0);
  for (const verdict of cycles ? SWEEP_VERDICTS : []) {
    meters.add("sweep_records_total", { verdict }, 0);
  }
  if (cycles) meters.add("false_marks_total", {}, 0);
}
