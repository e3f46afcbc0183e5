import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { gapsLine } from "../domain/partial.ts";
import type { Clock } from "../ports/clock.ts";
import type { CountedEvents, Events, RecordSource } from "../ports/events.ts";
import {
  alertEvents,
  anomalyEvents,
  explainEvents,
  httpEvents,
  reembedEvents,
} from "./feature-events.ts";
import { consumerEvents } from "./consumer-events.ts";
import type { EventAction } from "./event-actions.ts";
import { errorFields, sentence, withStop } from "./failure.ts";
import type { LogFields, Logger, LogLevel } from "./logger.ts";
import { textlessLine } from "../domain/textless.ts";
import { count, duration, seconds, summaryLine, timeLeft, timeOfDay, usd } from "./phrases.ts";

const PROGRESS_MS = 10_000;
/** Failed records named per cycle; the others at level debug. */
const NAMED_FAILURES = 5;
const NAMED_GAPS = 20;
const NAMED_IDS = 5;

/** Every event as one log line: a sentence for people, ECS fields for machines. */
export function createEvents(logger: Pick<Logger, "log">, clock: Pick<Clock, "now">): Events {
  const log: WriteEvent = (level, action, message, fields = {}) =>
    logger.log(level, message, { "event.action": action, ...fields });
  const cycle = { failuresNamed: 0, drain: false };
  return {
    ...runEvents(log, cycle),
    ...reembedEvents(log, cycle),
    ...stepEvents(log, cycle, clock),
    ...problemEvents(log, cycle),
    ...consumerEvents(log, cycle),
    ...httpEvents(log, clock),
    ...alertEvents(log),
    ...anomalyEvents(log),
    ...explainEvents(log),
    ...COUNTED,
    ...LOGGED_BY_THE_LOGGER,
  };
}

const silent = () => undefined;

const COUNTED: CountedEvents = {
  stageEnded: silent,
  recordsEnded: silent,
  textsAnswered: silent,
  textsSaved: silent,
  callBegan: silent,
  callEnded: silent,
  callRepeated: silent,
};

/** The logger reports these itself, since it knows which output still works. */
const LOGGED_BY_THE_LOGGER = { logFileUnwritable: silent, logFileWritable: silent };

export type WriteEvent = (
  level: LogLevel,
  action: EventAction,
  message: string,
  fields?: LogFields,
) => void;

type CycleState = { failuresNamed: number; drain: boolean };

/** Events of single pages of a drain, or batches of a tail, are logged at level debug. */
function isOneOfMany(state: CycleState, source: RecordSource = "backfill"): boolean {
  return source !== "backfill" || state.drain;
}

function runEvents(log: WriteEvent, state: CycleState) {
  return {
    started({ version, schedule, indexPattern, embedder }) {
      const text = `log-vectorizer ${version} started: ${schedule}, indices ${indexPattern}, embedder ${embedder}`;
      log("info", "service-started", text);
    },
    stopping({ signal }) {
      log("info", "service-stopping", `${signal}: finishing the work in progress`);
    },
    stopped: () => log("info", "service-stopped", "Stopped"),
    cycleStarted({ cycle, drain }) {
      state.failuresNamed = 0;
      state.drain = drain;
      const text = drain ? "Drain started" : `Periodic enrichment cycle #${cycle} started`;
      log("info", "cycle-started", text, { "log_vectorizer.cycle": cycle });
    },
    cycleEnded({ cycle, drain, summary, totals, reason, nextRunAt }) {
      if (reason) log("warn", "drain-ended-early", `The drain ended early: ${reason}`);
      const name = drain ? `Drain of ${count(summary.cycle, "cycle")}` : `Cycle #${cycle}`;
      log("info", "cycle-ended", summaryLine(name, summary, totals, nextRunAt), {
        "event.duration": nanoseconds(summary.duration_ms),
        "log_vectorizer.cycle": cycle,
        "log_vectorizer.summary": summary,
        "log_vectorizer.totals": totals,
        ...(nextRunAt ? { "log_vectorizer.next_run": nextRunAt.toISOString() } : {}),
      });
    },
    cycleFailed({ cycle, error, nextRunAt }) {
      const next = nextRunAt ? ` · next run ${timeOfDay(nextRunAt)}` : "";
      log("error", "cycle-failed", `Cycle #${cycle} failed: ${sentence(error)}${next}`, {
        "log_vectorizer.cycle": cycle,
        ...errorFields(error),
      });
    },
    cycleSkipped: () => log("info", "cycle-skipped", "Skipped: previous cycle still running"),
    overlapDetected: ({ conflicted }) =>
      log(
        "warn",
        "overlap-detected",
        `Another process updated ${count(conflicted, "record")} of this batch first; shifting this schedule`,
      ),
  } satisfies Partial<Events>;
}

function stepEvents(log: WriteEvent, state: CycleState, clock: Pick<Clock, "now">) {
  let progressAt = -Infinity;
  let waitingTold = "";
  return {
    recordsFound({ found, partial, levels, durationMs }) {
      const what = `${levels.join(", ")} logs without vectors`;
      log(
        "info",
        "records-found",
        `[1/3] Querying OpenSearch for ${what}… found ${partial ? "at least " : ""}${found}`,
        {
          "event.duration": nanoseconds(durationMs),
          "log_vectorizer.found": found,
        },
      );
    },
    textsEmbedded({ records, texts, requests, durationMs, source }) {
      const took = requests > 0 ? `, ${seconds(durationMs)}` : "";
      const did = `${count(texts, "text")}, ${count(requests, "request")}${took}`;
      log(
        isOneOfMany(state, source) ? "debug" : "info",
        "texts-embedded",
        `[2/3] Generating embeddings for ${count(records, "log")}… ${did}`,
        {
          "event.duration": nanoseconds(durationMs),
          "log_vectorizer.texts": texts,
          "log_vectorizer.requests": requests,
          ...sourceField(source),
        },
      );
    },
    recordsWritten({ written, reused, failed, durationMs, source }) {
      const did = `${written} written (${reused} reused), ${failed} failed`;
      const level = isOneOfMany(state, source) ? "debug" : "info";
      log(level, "records-written", `[3/3] Updating OpenSearch documents… ${did}`, {
        "event.duration": nanoseconds(durationMs),
        "log_vectorizer.written": written,
        "log_vectorizer.failed": failed,
        ...sourceField(source),
      });
    },
    drainProgress({ done, total, partial = false, recordsPerSecond, secondsLeft, costUsd }) {
      if (clock.now() - progressAt < PROGRESS_MS) return;
      progressAt = clock.now();
      const text = `${done} of ${partial ? "at least " : ""}${total} · ${recordsPerSecond.toFixed(1)}/s · ${timeLeft(secondsLeft)} left · ${usd(costUsd)}`;
      log("info", "drain-progress", text, { "log_vectorizer.done": done });
    },
    drainWaiting({ fault, since, until }) {
      // Told before each probe.
      const key = `${since.getTime()} ${fault.message}`;
      if (key === waitingTold) return;
      waitingTold = key;
      const text = `Waiting for the end of an outage since ${timeOfDay(since)}, until ${timeOfDay(until)} at the latest (DRAIN_PATIENCE_SECONDS); vectors that are paid for are held: ${fault.message}`;
      log("warn", "drain-waiting", text, {
        ...errorFields(fault),
        "log_vectorizer.since": since.toISOString(),
        "log_vectorizer.until": until.toISOString(),
      });
    },
    drainResumed({ since }) {
      waitingTold = "";
      const text = `The outage is over after ${duration(clock.now() - since.getTime())}: going on with the records that it deferred`;
      log("info", "drain-resumed", text, { "log_vectorizer.since": since.toISOString() });
    },
  } satisfies Partial<Events>;
}

function problemEvents(log: WriteEvent, state: CycleState) {
  return {
    indexUnfit({ index, reason, fix, intentional }) {
      const text = `Index ${index} is skipped: ${reason}${fix ? `. To fix it: ${fix}` : ""}`;
      log(intentional ? "info" : "warn", "index-unfit", text, { "log_vectorizer.index": index });
    },
    indexFitAgain: ({ index }) =>
      log("info", "index-fit", `Index ${index} is fit again`, { "log_vectorizer.index": index }),
    indexPaused({ index, fault, waitMs }) {
      const text = `Index ${index} takes no updates and is paused, for ${seconds(waitMs)} at first; its records stay pending: ${fault.message}`;
      log("warn", "index-paused", text, { "log_vectorizer.index": index, ...errorFields(fault) });
    },
    indexResumed: ({ index }) =>
      log("info", "index-resumed", `Index ${index} takes updates again`, {
        "log_vectorizer.index": index,
      }),
    indexPauseDropped({ index }) {
      const text = `Stopped waiting for paused index ${index}: deleted, unfit or nothing pending`;
      log("info", "index-pause-dropped", text, { "log_vectorizer.index": index });
    },
    quarantineFull: ({ entries }) =>
      log(
        "warn",
        "quarantine-full",
        `The local quarantine is full (${count(entries, "record")}): its oldest records are removed from it and tried again`,
      ),
    reuseFailed: ({ fault }) =>
      log(
        "warn",
        "reuse-failed",
        `Vector reuse disabled, so equal texts are paid for again: ${fault.message}`,
        errorFields(fault),
      ),
    mappingAdded: ({ index }) =>
      log("info", "mapping-added", `Index ${index} got a mapping for the vector`, {
        "log_vectorizer.index": index,
      }),
    answerPartial({ gaps, during }) {
      const text = `OpenSearch answered ${during} in part (${gapsLine(gaps)}): records that could not be seen are not counted, and are left for a later cycle`;
      log("warn", "answer-partial", text, { "log_vectorizer.gaps": gaps.slice(0, NAMED_GAPS) });
    },
    recordFailed({ index, id, outcome, fault }) {
      const level = state.failuresNamed++ < NAMED_FAILURES ? "warn" : "debug";
      const todo = fault.hint === undefined ? "" : `. ${fault.hint}`;
      const text = `Record ${index}/${id} is ${outcome}: ${fault.message}${todo}`;
      log(level, `record-${outcome}`, text, {
        "log_vectorizer.index": index,
        "log_vectorizer.id": id,
        ...errorFields(fault),
      });
    },
    textlessFound({ indices }) {
      const line = textlessLine(indices);
      const text = `${line.charAt(0).toUpperCase()}${line.slice(1)}`;
      log("warn", "textless", text, {
        "log_vectorizer.indices": indices.slice(0, NAMED_GAPS).map(({ index }) => index),
      });
    },
    falseMarksFound({ index, records }) {
      const were = records === 1 ? "was" : "were";
      const text = `${count(records, "mark")} in ${index} ${were} removed, because no holder of the key has signed ${records === 1 ? "it" : "them"}: forged, of an earlier version, or of a process with another STAMP_KEY. Records without a vector are tried again`;
      log("warn", "false-marks", text, {
        "log_vectorizer.index": index,
        "log_vectorizer.records": records,
      });
    },
    recordsLooping({ index, ids, fault }) {
      const named = ids.slice(0, NAMED_IDS).join(", ");
      const rest = ids.length > NAMED_IDS ? " and more" : "";
      const todo = fault.hint === undefined ? "" : `. ${fault.hint}`;
      const text = `${count(ids.length, "record")} of ${index} are quarantined (${named}${rest}): ${fault.message}${todo}`;
      log("warn", "records-looping", text, {
        "log_vectorizer.index": index,
        "log_vectorizer.records": ids.length,
      });
    },
    indexReloaded({ index, records, reused, costUsd }) {
      const paid = `${reused} of them without a request, the others for ${usd(costUsd)}`;
      const text = `Index ${index} was reloaded: ${count(records, "record")} had lost their vectors and got them again so far, ${paid}. The process that reloads it can keep them by copying the vector's field`;
      log("warn", "index-reloaded", text, {
        "log_vectorizer.index": index,
        "log_vectorizer.records": records,
      });
    },
    embedderFailed({ fault, deferred, source = "backfill" }) {
      const text = `${sentence(fault)} ${count(deferred, "record")} deferred to a later cycle`;
      const severity = fault.selfImposed ? "info" : FAULT_POLICIES[fault.kind].severity;
      // A consumer logs that it paused, and a search answers with the fault.
      const level = source === "backfill" ? severity : "debug";
      const fields = { ...errorFields(fault), ...sourceField(source) };
      log(level, fault.selfImposed ? "budget-spent" : "embedder-failed", text, fields);
    },
    breakerOpened({ fault }) {
      const text = `Circuit breaker open (${fault.kind}): ${sentence(fault)} Until a probe succeeds, one at the start of each cycle, nothing is sent and records stay pending`;
      log("error", "breaker-opened", text, errorFields(fault));
    },
    breakerClosed: ({ since }) =>
      log(
        "info",
        "breaker-closed",
        `Circuit breaker closed: the embedder accepts requests again, which it had refused since ${since.toISOString()}`,
      ),
    budgetReached({ fault, texts, resumesAt }) {
      const text = `${withStop(fault.message)} ${count(texts, "text")} deferred; embedding stops, and reuse of vectors continues. ${fault.hint ?? ""}`;
      log("warn", "budget-reached", text.trim(), {
        ...errorFields(fault),
        ...(resumesAt ? { "log_vectorizer.resumes_at": resumesAt.toISOString() } : {}),
      });
    },
    waiting: ({ fault, waitMs }) =>
      log(
        "warn",
        "waiting",
        `${fault.message}; trying again in ${seconds(waitMs)}`,
        errorFields(fault),
      ),
    refreshFailed: ({ fault }) =>
      log(
        "warn",
        "refresh-failed",
        `The indices could not be refreshed, so search shows the new vectors a little later: ${fault.message}`,
        errorFields(fault),
      ),
    heldVectorsFound({ vectors, damagedBytes }) {
      const lost =
        damagedBytes === 0
          ? ""
          : `; ${count(damagedBytes, "byte")} beside them could not be read or are not signed by this key, and are ignored`;
      const text = `Found ${count(vectors, "vector")} that an ended process had paid for and not written: they are used for their texts, which are not paid for again${lost}`;
      log(damagedBytes === 0 ? "info" : "warn", "held-vectors-found", text, {
        "log_vectorizer.vectors": vectors,
        "log_vectorizer.damaged_bytes": damagedBytes,
      });
    },
    heldVectorsUnkept: ({ path, problem }) =>
      log(
        "warn",
        "held-vectors-unkept",
        `Vectors that are paid for cannot be kept in ${path} (${problem}): they are in memory until they are written, and paid for again where this process ends before`,
      ),
    stateUnwritable: ({ path, problem }) =>
      log(
        "warn",
        "state-unwritable",
        `State directory ${path} cannot be written (${problem}); state is kept in memory only. Set STATE_DIR to a folder that can be written.`,
      ),
    stateWritable: ({ path }) =>
      log(
        "info",
        "state-writable",
        `State directory ${path} is writable again: what was kept in memory is stored, and nothing was lost`,
      ),
  } satisfies Partial<Events>;
}

function sourceField(source: RecordSource = "backfill"): LogFields {
  return source === "backfill" ? {} : { "log_vectorizer.source": source };
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
