import { compose, testMessage } from "../../src/alerting/message.ts";
import type { Sender } from "../../src/alerting/message-frame.ts";
import { printReport } from "../../src/cli/check.ts";
import { printList as printDeadLetters } from "../../src/cli/dlq.ts";
import { printEpisodes } from "../../src/cli/episodes.ts";
import type { Writable } from "../../src/cli/print.ts";
import { printNotes } from "../../src/cli/note.ts";
import { printAnswer } from "../../src/cli/print-search.ts";
import { printChanged, printList as printQuarantine } from "../../src/cli/quarantine.ts";
import { printComparison } from "../../src/cli/statistics.ts";
import { FAULT_POLICIES } from "../../src/domain/fault-policy.ts";
import { createEvents } from "../../src/telemetry/events.ts";
import type { GeneratedFile } from "./block.ts";
import { sampleIssues } from "./sample-issues.ts";
import { SAMPLE_EVENTS } from "./sample-events.ts";
import * as answers from "./sample-answers.ts";

const HEAD =
  "What the program prints, with sample values. Written by npm run generate; the sentences that it is made of are in sentences.txt.";
const NOW = Date.parse("2026-01-02T03:04:05Z");

const SENDER: Sender = {
  service: { version: "1.0.0", role: "daemon", host: "logs-1" },
  page: "https://logs.example.com/",
  clean: (text) => text,
};

/** Log lines, issues, alerts and the answers of the commands, as people see them. */
export const PRINTED_FILE: GeneratedFile = {
  file: "test/fixtures/messages/printed.txt",
  text: [
    HEAD,
    `# Log lines: level, event.action, sentence\n\n${logLines().join("\n")}`,
    `# Advice of each kind of failure\n\n${Object.entries(FAULT_POLICIES)
      .map(([kind, { advice }]) => `${kind}: ${advice}`)
      .join("\n")}`,
    `# Issues\n\n${sampleIssues(NOW).map(issueText).join("\n\n")}`,
    `# Alerts\n\n${alertTexts().join("\n\n---\n\n")}`,
    ...printed("check", (stream) => printReport(stream, answers.REPORT)),
    ...printed("search", (stream) =>
      printAnswer({ ...stream, columns: 160, isTTY: true }, answers.SEARCH, answers.FILTER),
    ),
    ...printed("episodes", (stream) =>
      printEpisodes({ ...stream, columns: 160, isTTY: true }, answers.EPISODES, { limit: 2 }),
    ),
    ...printed("note list", (stream) => printNotes(stream, answers.NOTES)),
    ...printed("statistics compare", (stream) => printComparison(stream, answers.STATISTICS)),
    ...printed("quarantine list", (stream) => printQuarantine(stream, answers.QUARANTINE, NOW)),
    ...printed("quarantine retry", (stream) => printChanged(stream, "retry", answers.CHANGED)),
    ...printed("quarantine drop", (stream) => printChanged(stream, "drop", answers.CHANGED)),
    ...printed("dlq list", (stream) => printDeadLetters(stream, answers.DEAD_LETTERS)),
  ].join("\n\n"),
};

function logLines(): string[] {
  const lines: string[] = [];
  const events = createEvents(
    {
      log: (level, message, fields = {}) =>
        lines.push(`${level} ${fields["event.action"] ?? ""}: ${message}`),
    },
    { now: () => NOW },
  );
  for (const [name, samples] of Object.entries(SAMPLE_EVENTS)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- samples go with the event of their name
    const tell = events[name as keyof typeof events] as (what: unknown) => void;
    for (const sample of samples) tell(sample);
  }
  return lines;
}

type SampleIssue = ReturnType<typeof sampleIssues>[number];

function issueText({ id, severity, title, past, detail, impact, action }: SampleIssue): string {
  return [
    `[${severity}] ${title} (${id}; once it is over: ${past})`,
    `  ${detail}`,
    ...(impact === undefined ? [] : [`  Impact: ${impact}`]),
    `  To do: ${action}`,
  ].join("\n");
}

function alertTexts(): string[] {
  const issue = sampleIssues(NOW).find(({ severity }) => severity === "critical");
  if (!issue) return [];
  const entry = {
    ...issue,
    severity: "critical" as const,
    since: NOW - 600_000,
    seen: {},
    first_seen: NOW,
    last_seen: NOW,
  };
  const messages = [
    compose({ items: [{ entry, state: "started" }], nextAt: NOW }, SENDER, "1", NOW),
    compose({ items: [{ entry, state: "open" }] }, SENDER, "2", NOW),
    compose({ items: [{ entry: { ...entry, gone_at: NOW }, state: "ended" }] }, SENDER, "3", NOW),
    testMessage(SENDER, "4", NOW),
  ];
  return messages.map(({ subject, text }) => `Subject: ${subject}\n\n${text}`);
}

function printed(command: string, print: (stream: Writable) => void): string[] {
  let text = "";
  print({ write: (part) => ((text += String(part)), true) });
  return [`# log-vectorizer ${command}`, text];
}
