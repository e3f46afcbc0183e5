import { vectorsWritten, OUTCOMES } from "../domain/outcome.ts";
import type { ConsumingEvents } from "../ports/consuming-events.ts";
import type { Partition } from "../ports/log-source.ts";
import type { Say } from "./events.ts";
import { errorFields, sentence } from "./failure.ts";
import { count, seconds, usd } from "./phrases.ts";

const NAME = { tail: "Tail", worker: "Worker", scheduler: "Scheduler" } as const;

/** Dead letters and missing documents named one by one after each line on performance; the others at level debug. */
const NAMED_LETTERS = 5;

/** Events of what reads a topic. */
export function consumingEvents(say: Say, named: { failuresNamed: number }): ConsumingEvents {
  let lettersNamed = 0;
  let missingNamed = 0;
  return {
    consumingStarted: ({ who, topics, group }) =>
      say("info", `${who}-started`, `${NAME[who]} started: ${topics.join(", ")}, group ${group}`),
    partitionsAssigned: ({ who, partitions }) =>
      say("info", `${who}-assigned`, `${NAME[who]} reads ${partitionsText(partitions)}`, {
        "log_vectorizer.partitions": partitions.length,
      }),
    sourceLost: ({ who, fault, waitMs }) =>
      say(
        "error",
        `${who}-source-lost`,
        `${NAME[who]}: ${sentence(fault)} Trying again in ${seconds(waitMs)}, and on until it works`,
        errorFields(fault),
      ),
    sourceBack: ({ who }) => say("info", `${who}-source-back`, `${NAME[who]}: Kafka is back`),
    enrichingPaused: ({ who, fault, waitMs }) =>
      say(
        "error",
        `${who}-paused`,
        `${NAME[who]} paused: ${sentence(fault)} Trying again in ${seconds(waitMs)}, and on until it works; nothing is lost`,
        errorFields(fault),
      ),
    enrichingGoesOn: ({ who }) => say("info", `${who}-goes-on`, `${NAME[who]} goes on`),
    deadLetterSent({ code, reason, from, topic }) {
      const place = `${from.topic}/${from.partition} at offset ${from.offset}`;
      const level = lettersNamed++ < NAMED_LETTERS ? "warn" : "debug";
      say(level, "dead-letter", `Dead letter (${code}) from ${place} sent to ${topic}: ${reason}`, {
        "log_vectorizer.dead_letter": code,
      });
    },
    deadLettersBlocked: ({ topic, fault, waitMs }) =>
      say(
        "error",
        "dead-letters-blocked",
        `Dead letters cannot be written to ${topic}, so nothing more is read or committed: ${sentence(fault)} Trying again in ${seconds(waitMs)}`,
        errorFields(fault),
      ),
    deadLettersGoOn: ({ topic }) =>
      say("info", "dead-letters-go-on", `Dead letters are written to ${topic} again`),
    commitFailed: ({ who, fault }) =>
      say(
        "warn",
        `${who}-commit-failed`,
        `${NAME[who]}: offsets were not committed, which costs nothing but repeats: ${fault.message}`,
        errorFields(fault),
      ),
    leftToBackfill({ who, outcome, records, lookedIn = [] }) {
      const isNamed = lookedIn.length > 0 && missingNamed++ < NAMED_LETTERS;
      const where = lookedIn.length > 0 ? `not found in ${listed(lookedIn)}, ` : "";
      say(
        isNamed ? "info" : "debug",
        `${who}-left-to-backfill`,
        `${count(records, "record")} ${outcome}: ${where}left to the backfill`,
      );
    },
    performance({ vectorsPerSecond, batches, lag, waiting, deadLetters, ...rest }) {
      lettersNamed = 0;
      missingNamed = 0;
      named.failuresNamed = 0;
      const text = [
        `Performance: ${vectorsPerSecond.toFixed(1)} vectors/s`,
        count(batches, "batch"),
        `lag ${lag ?? "unknown"}`,
        ...(rest.who === "tail" ? [`waiting for Logstash ${waiting}`] : []),
        `dead letters ${deadLetters}`,
      ].join(", ");
      say("info", `${rest.who}-performance`, text, {
        "log_vectorizer.vectors_per_second": vectorsPerSecond,
        "log_vectorizer.lag": lag,
        "log_vectorizer.waiting": waiting,
        "log_vectorizer.dead_letters": deadLetters,
        "log_vectorizer.passed_over": rest.passedOver,
      });
    },
    consumingEnded({ who, tally }) {
      const { outcomes, taken, passedOver, embedding } = tally;
      const ended = OUTCOMES.filter((outcome) => outcomes[outcome] > 0).map(
        (outcome) => `${outcome.replaceAll("_", " ")} ${outcomes[outcome]}`,
      );
      const text = [
        `${NAME[who]} ended: records ${taken}`,
        `vectors ${vectorsWritten(outcomes)}`,
        ...ended,
        `passed over ${passedOver}`,
        ...(embedding.cost_usd ? [usd(embedding.cost_usd)] : []),
      ].join(" · ");
      say("info", `${who}-ended`, text, { "log_vectorizer.tally": tally });
    },
    leadershipChanged: ({ leads }) =>
      say(
        "info",
        "leadership",
        leads
          ? "This scheduler leads: it publishes what is pending"
          : "Another scheduler leads: this one publishes nothing",
        { "log_vectorizer.leads": leads },
      ),
    referencesPublished: ({ published, leads, topic }) =>
      say(
        "info",
        "references-published",
        leads
          ? `Published ${count(published, "reference")} to ${topic} for the workers`
          : `Published ${count(published, "reference")}: another scheduler leads`,
        { "log_vectorizer.published": published },
      ),
    failedUnexpectedly: ({ who, error }) =>
      say(
        "error",
        `${who}-failed-unexpectedly`,
        `${NAME[who]}: ${sentence(error)}`,
        errorFields(error),
      ),
  };
}

/** "application-logs 0, 1, 2; other 0". */
const NAMED_INDICES = 3;

function listed(indices: readonly string[]): string {
  const more = indices.length - NAMED_INDICES;
  const named = indices.slice(0, NAMED_INDICES).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

function partitionsText(partitions: readonly Partition[]): string {
  if (partitions.length === 0) return "no partition: others in the group hold them all";
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  return [...byTopic]
    .map(([topic, held]) => {
      const numbers = held.map(({ partition }) => partition).toSorted((a, b) => a - b);
      return `${topic} ${numbers.join(", ")}`;
    })
    .join("; ");
}
