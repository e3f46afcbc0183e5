import { firstOf } from "../domain/count.ts";
import { vectorsWritten, OUTCOMES } from "../domain/outcome.ts";
import type { ConsumerEvents } from "../ports/consumer-events.ts";
import type { Lane } from "../ports/message-stream.ts";
import type { WriteEvent } from "./events.ts";
import { errorFields, sentence } from "./failure.ts";
import { count, seconds, usd } from "./phrases.ts";

const NAME = { tail: "Tail", worker: "Worker", scheduler: "Scheduler" } as const;

/** Dead letters and missing documents logged one by one between two performance lines; the others at level debug. */
const NAMED_PER_REPORT = 5;

export function consumerEvents(log: WriteEvent, named: { failuresNamed: number }): ConsumerEvents {
  let deadLettersNamed = 0;
  let missingNamed = 0;
  return {
    consumerStarted: ({ role, streams, group }) =>
      log(
        "info",
        `${role}-started`,
        `${NAME[role]} started: ${streams.join(", ")}, group ${group}`,
      ),
    lanesAssigned: ({ role, lanes }) =>
      log("info", `${role}-assigned`, `${NAME[role]} reads ${lanesText(lanes)}`, {
        "log_vectorizer.partitions": lanes.length,
      }),
    sourceLost: ({ role, fault, waitMs }) =>
      log(
        "error",
        `${role}-source-lost`,
        `${NAME[role]}: ${sentence(fault)} Trying again in ${seconds(waitMs)}, then until it works`,
        errorFields(fault),
      ),
    sourceBack: ({ role }) => log("info", `${role}-source-back`, `${NAME[role]}: Kafka is back`),
    consumerPaused: ({ role, fault, waitMs }) =>
      log(
        "error",
        `${role}-paused`,
        `${NAME[role]} paused: ${sentence(fault)} Trying again in ${seconds(waitMs)}, then until it works; nothing is lost`,
        errorFields(fault),
      ),
    consumerResumed: ({ role }) => log("info", `${role}-resumed`, `${NAME[role]} resumed`),
    deadLetterSent({ code, reason, from, topic }) {
      const place = `${from.stream}/${from.lane} at offset ${from.position}`;
      const level = deadLettersNamed++ < NAMED_PER_REPORT ? "warn" : "debug";
      log(level, "dead-letter", `Dead letter (${code}) from ${place} sent to ${topic}: ${reason}`, {
        "log_vectorizer.dead_letter": code,
      });
    },
    deadLettersBlocked: ({ topic, fault, waitMs }) =>
      log(
        "error",
        "dead-letters-blocked",
        `Dead letters cannot be written to ${topic}, so nothing more is read or committed: ${sentence(fault)} Trying again in ${seconds(waitMs)}`,
        errorFields(fault),
      ),
    deadLettersResumed: ({ topic }) =>
      log("info", "dead-letters-resumed", `Dead letters are written to ${topic} again`),
    commitFailed: ({ role, fault }) =>
      log(
        "warn",
        `${role}-commit-failed`,
        `${NAME[role]}: offsets were not committed, so messages may be delivered again, and nothing is lost: ${fault.message}`,
        errorFields(fault),
      ),
    leftToBackfill({ role, outcome, records, lookedIn = [] }) {
      const isNamed = lookedIn.length > 0 && missingNamed++ < NAMED_PER_REPORT;
      const where = lookedIn.length > 0 ? `not found in ${firstOf(lookedIn)}, ` : "";
      log(
        isNamed ? "info" : "debug",
        `${role}-left-to-backfill`,
        `${count(records, "record")} ${outcome}: ${where}left to the backfill`,
      );
    },
    performance({ vectorsPerSecond, batches, lag, waiting, deadLetters, ...rest }) {
      deadLettersNamed = 0;
      missingNamed = 0;
      named.failuresNamed = 0;
      const text = [
        `Performance: ${vectorsPerSecond.toFixed(1)} vectors/s`,
        count(batches, "batch"),
        `lag ${lag ?? "unknown"}`,
        ...(rest.role === "tail" ? [`waiting for their document ${waiting}`] : []),
        `dead letters ${deadLetters}`,
      ].join(", ");
      log("info", `${rest.role}-performance`, text, {
        "log_vectorizer.vectors_per_second": vectorsPerSecond,
        "log_vectorizer.lag": lag,
        "log_vectorizer.waiting": waiting,
        "log_vectorizer.dead_letters": deadLetters,
        "log_vectorizer.passed_over": rest.passedOver,
      });
    },
    consumerEnded({ role, tally }) {
      const { outcomes, taken, passed_over: passedOver, embedding } = tally;
      const ended = OUTCOMES.filter((outcome) => outcomes[outcome] > 0).map(
        (outcome) => `${outcome.replaceAll("_", " ")} ${outcomes[outcome]}`,
      );
      const text = [
        `${NAME[role]} ended: records ${taken}`,
        `vectors ${vectorsWritten(outcomes)}`,
        ...ended,
        `of other levels ${passedOver}`,
        ...(embedding.cost_usd ? [usd(embedding.cost_usd)] : []),
      ].join(" · ");
      log("info", `${role}-ended`, text, { "log_vectorizer.tally": tally });
    },
    leadershipChanged: ({ leads }) =>
      log(
        "info",
        "leadership",
        leads
          ? "This scheduler leads: it publishes what is pending"
          : "Another scheduler leads: this one publishes nothing",
        { "log_vectorizer.leads": leads },
      ),
    referencesPublished: ({ published, leads, topic }) =>
      log(
        "info",
        "references-published",
        leads
          ? `Published ${count(published, "reference")} to ${topic} for the workers`
          : `Published ${count(published, "reference")}: another scheduler leads`,
        { "log_vectorizer.published": published },
      ),
    failedUnexpectedly: ({ role, error }) =>
      log(
        "error",
        `${role}-failed-unexpectedly`,
        `${NAME[role]}: ${sentence(error)}`,
        errorFields(error),
      ),
  };
}

function lanesText(lanes: readonly Lane[]): string {
  if (lanes.length === 0) return "no partition: others in the group hold them all";
  const byStream = Map.groupBy(lanes, ({ stream }) => stream);
  return [...byStream]
    .map(([stream, held]) => {
      const names = held.map(({ lane }) => lane);
      const inOrder = names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
      return `${stream} ${inOrder.join(", ")}`;
    })
    .join("; ");
}
