import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { gapsLine } from "../domain/partial.ts";
import type { Clock } from "../ports/clock.ts";
import type { CountedEvents, Events, RecordSource } from "../ports/events.ts";
import { alertEvents } from "./alert-events.ts";
import { anomalyEvents } from "./anomaly-events.ts";
import { consumingEvents } from "./consuming-events.ts";
import type { EventAction } from "./event-actions.ts";
import { errorFields, sentence, withStop } from "./failure.ts";
import { httpEvents } from "./http-events.ts";
import type { LogFields, Logger, LogLevel } from "./logger.ts";
import { reembedEvents } from "./reembed-events.ts";
import { textlessLine } from "../domain/textless.ts";
import { count, seconds, summaryLine, timeLeft, timeOfDay, usd } from "./phrases.ts";

/** A drain tells of its progress no more often than this. */
const PROGRESS_MS = 10_000;
/** Of records that fail, so many are named in each cycle; the others at level debug. */
const NAMED_FAILURES = 5;
/** A field of a line that named thousands of indices would be cut somewhere. */
const NAMED_GAPS = 20;
/** Ids in one line. */
const NAMED_IDS = 5;

/** Every event as one log line: a sentence for a person, ECS fields for a machine. */
export function createEvents(logger: Logger, clock: Pick<Clock, "now">): Events {
  const say: Say = (level, action, message, fields = {}) =>
    logger.log(level, message, { "event.action": action, ...fields });
  const cycle = { failuresNamed: 0, drain: false };
  return {
    ...runEvents(say, cycle),
    ...reembedEvents(say, cycle),
    ...stepEvents(say, cycle, clock),
    ...troubleEvents(say, cycle),
    ...consumingEvents(say, cycle),
    ...httpEvents(say, clock),
    ...alertEvents(say),
    ...anomalyEvents(say),
    ...COUNTED,
    ...SAID_BY_THE_LOGGER,
  };
}

const silent = () => undefined;

/** For those who count; a line each would bury everything else. */
const COUNTED: CountedEvents = {
  stageEnded: silent,
  recordsEnded: silent,
  textsAnswered: silent,
  textsSaved: silent,
  callBegan: silent,
  callEnded: silent,
  callRepeated: silent,
};

/** The logger has said them itself: it knows which of its outputs still works. */
const SAID_BY_THE_LOGGER = { logFileUnwritable: silent, logFileWritable: silent };

/** Writes one event as a log line. */
export type Say = (
  level: LogLevel,
  action: EventAction,
  message: string,
  fields?: LogFields,
) => void;

type CycleState = { failuresNamed: number; drain: boolean };

/** A line for each page of a drain, or each batch of a tail, would bury everything else. */
function isOneOfMany(state: CycleState, source: RecordSource = "backfill"): boolean {
  return source !== "backfill" || state.drain;
}

function runEvents(say: Say, state: CycleState) {
  return {
    started({ version, schedule, indexPattern, embedder }) {
      const text = `log-vectorizer ${version} started: ${schedule}, indices ${indexPattern}, embedder ${embedder}`;
      say("info", "service-started", text);
    },
    stopping({ signal }) {
      say("info", "service-stopping", `${signal}: finishing what is under way`);
    },
    stopped: () => say("info", "service-stopped", "Stopped"),
    cycleStarted({ cycle, drain }) {
      state.failuresNamed = 0;
      state.drain = drain;
      const text = drain ? "Drain started" : `Periodic enrichment cycle #${cycle} started`;
      say("info", "cycle-started", text, { "log_vectorizer.cycle": cycle });
    },
    cycleEnded({ cycle, drain, summary, totals, reason, nextRunAt }) {
      if (reason) say("warn", "drain-ended-early", `The drain ended early: ${reason}`);
      const name = drain ? `Drain of ${count(summary.cycle, "cycle")}` : `Cycle #${cycle}`;
      say("info", "cycle-ended", summaryLine(name, summary, totals, nextRunAt), {
        "event.duration": nanoseconds(summary.duration_ms),
        "log_vectorizer.cycle": cycle,
        "log_vectorizer.summary": summary,
        "log_vectorizer.totals": totals,
        ...(nextRunAt ? { "log_vectorizer.next_run": nextRunAt.toISOString() } : {}),
      });
    },
    cycleFailed({ cycle, error, nextRunAt }) {
      const next = nextRunAt ? ` · next run ${timeOfDay(nextRunAt)}` : "";
      say("error", "cycle-failed", `Cycle #${cycle} failed: ${sentence(error)}${next}`, {
        "log_vectorizer.cycle": cycle,
        ...errorFields(error),
      });
    },
    cycleSkipped: () =>
      say("info", "cycle-skipped", "Still busy with the last cycle; this wake-up is passed over"),
    rivalMet: ({ conflicted }) =>
      say(
        "warn",
        "rival-met",
        `Another process was first at ${count(conflicted, "record")} of this batch; from now on cycles start some time after it`,
      ),
  } satisfies Partial<Events>;
}

function stepEvents(say: Say, state: CycleState, clock: Pick<Clock, "now">) {
  let progressAt = -Infinity;
  return {
    recordsFound({ found, partial, levels, durationMs }) {
      const what = `${levels.join(", ")} logs without vectors`;
      say(
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
      say(
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
      say(level, "records-written", `[3/3] Updating OpenSearch documents… ${did}`, {
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
      say("info", "drain-progress", text, { "log_vectorizer.done": done });
    },
  } satisfies Partial<Events>;
}

function troubleEvents(say: Say, state: CycleState) {
  return {
    indexUnfit({ index, reason, fix, intentional: byIntent }) {
      const text = `Index ${index} is left alone: ${reason}${fix ? `. To fix it: ${fix}` : ""}`;
      say(byIntent ? "info" : "warn", "index-unfit", text, { "log_vectorizer.index": index });
    },
    indexFitAgain: ({ index }) =>
      say("info", "index-fit", `Index ${index} is fit again`, { "log_vectorizer.index": index }),
    indexPaused({ index, fault, waitMs }) {
      const text = `Index ${index} takes no updates and is left alone, for ${seconds(waitMs)} at first: ${fault.message}`;
      say("warn", "index-paused", text, { "log_vectorizer.index": index, ...errorFields(fault) });
    },
    indexGoesOn: ({ index }) =>
      say("info", "index-goes-on", `Index ${index} takes updates again`, {
        "log_vectorizer.index": index,
      }),
    indexNotWaitedFor({ index }) {
      const text = `Index ${index}, which took no updates, is waited for no more: it is gone, unfit, or has nothing pending`;
      say("info", "index-not-waited-for", text, { "log_vectorizer.index": index });
    },
    quarantineFull: ({ entries }) =>
      say(
        "warn",
        "quarantine-full",
        `The quarantine holds ${count(entries, "record")} without a mark in a document, the most that it can; the oldest leave it and are tried again`,
      ),
    reuseFailed: ({ fault }) =>
      say(
        "warn",
        "reuse-failed",
        `Equal texts are embedded again from now on: ${fault.message}`,
        errorFields(fault),
      ),
    mappingAdded: ({ index }) =>
      say("info", "mapping-added", `Index ${index} was given the mapping of the vector`, {
        "log_vectorizer.index": index,
      }),
    answerPartial({ gaps, during }) {
      const text = `OpenSearch answered ${during} in part (${gapsLine(gaps)}): what was not seen is not counted and left for later`;
      say("warn", "answer-partial", text, { "log_vectorizer.gaps": gaps.slice(0, NAMED_GAPS) });
    },
    recordFailed({ index, id, outcome, fault }) {
      const level = state.failuresNamed++ < NAMED_FAILURES ? "warn" : "debug";
      const todo = fault.hint === undefined ? "" : `. ${fault.hint}`;
      const text = `Record ${index}/${id} is ${outcome}: ${fault.message}${todo}`;
      say(level, `record-${outcome}`, text, {
        "log_vectorizer.index": index,
        "log_vectorizer.id": id,
        ...errorFields(fault),
      });
    },
    textlessFound({ indices }) {
      const line = textlessLine(indices);
      const text = `${line.charAt(0).toUpperCase()}${line.slice(1)}`;
      say("warn", "textless", text, {
        "log_vectorizer.indices": indices.slice(0, NAMED_GAPS).map(({ index }) => index),
      });
    },
    falseMarksFound({ index, records }) {
      const were = records === 1 ? "was" : "were";
      const text = `${count(records, "mark")} in ${index} ${were} taken away, because no holder of the key has signed ${records === 1 ? "it" : "them"}: forged, of an earlier version, or of a process with another STAMP_KEY. What ${were === "was" ? "it" : "they"} kept from getting a vector is tried again`;
      say("warn", "false-marks", text, {
        "log_vectorizer.index": index,
        "log_vectorizer.records": records,
      });
    },
    recordsLooping({ index, ids, fault }) {
      const named = ids.slice(0, NAMED_IDS).join(", ");
      const rest = ids.length > NAMED_IDS ? " and more" : "";
      const todo = fault.hint === undefined ? "" : `. ${fault.hint}`;
      const text = `${count(ids.length, "record")} of ${index} are quarantined (${named}${rest}): ${fault.message}${todo}`;
      say("warn", "records-looping", text, {
        "log_vectorizer.index": index,
        "log_vectorizer.records": ids.length,
      });
    },
    indexReloaded({ index, records, reused, costUsd }) {
      const paid = `${reused} of them without a request, the others for ${usd(costUsd)}`;
      const text = `Index ${index} was loaded anew: ${count(records, "record")} had lost the vectors that were written for them and were given them again so far, ${paid}. What loads it can keep them by copying the vector's field`;
      say("warn", "index-reloaded", text, {
        "log_vectorizer.index": index,
        "log_vectorizer.records": records,
      });
    },
    embedderFailed({ fault, deferred, source = "backfill" }) {
      const text = `${sentence(fault)} ${count(deferred, "record")} deferred: they come again`;
      const severity = fault.selfImposed ? "info" : FAULT_POLICIES[fault.kind].severity;
      // A consumer says that it pauses, and a search answers with it.
      const level = source === "backfill" ? severity : "debug";
      const fields = { ...errorFields(fault), ...sourceField(source) };
      say(level, fault.selfImposed ? "budget-spent" : "embedder-failed", text, fields);
    },
    breakerOpened({ fault }) {
      const text = `Nothing more is sent to the embedder for now (${fault.kind}): ${sentence(fault)} Each cycle tries once whether it is over`;
      say("error", "breaker-opened", text, errorFields(fault));
    },
    breakerClosed: ({ since }) =>
      say(
        "info",
        "breaker-closed",
        `The embedder takes requests again, as it had not since ${since.toISOString()}`,
      ),
    budgetReached({ fault, texts, goesOnAt }) {
      const rest = `${count(texts, "text")} at hand left without a vector, and what comes after`;
      const text = `${withStop(fault.message)} Embedding stops, with ${rest}; what costs nothing goes on. ${fault.hint ?? ""}`;
      say("warn", "budget-reached", text.trim(), {
        ...errorFields(fault),
        ...(goesOnAt ? { "log_vectorizer.goes_on": goesOnAt.toISOString() } : {}),
      });
    },
    waiting: ({ fault, waitMs }) =>
      say(
        "warn",
        "waiting",
        `${fault.message}; trying again in ${seconds(waitMs)}`,
        errorFields(fault),
      ),
    refreshFailed: ({ fault }) =>
      say(
        "warn",
        "refresh-failed",
        `No refresh at the end of the cycle: ${fault.message}`,
        errorFields(fault),
      ),
    stateUnwritable: ({ path, problem }) =>
      say(
        "warn",
        "state-unwritable",
        `State directory ${path} cannot be written (${problem}); state is kept in memory only. Set STATE_DIR to a folder that can be written.`,
      ),
    stateWritable: ({ path }) =>
      say(
        "info",
        "state-writable",
        `State directory ${path} is written again: what memory held meanwhile is in it, nothing was lost`,
      ),
  } satisfies Partial<Events>;
}

function sourceField(source: RecordSource = "backfill"): LogFields {
  return source === "backfill" ? {} : { "log_vectorizer.source": source };
}

/** ECS gives durations in nanoseconds. */
function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
