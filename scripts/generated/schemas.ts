import { z } from "zod";
import {
  episodesAnswerShape,
  groupAnswerShape,
  groupsAnswerShape,
} from "../../src/analysis/group-answers.ts";
import { explainAnswerShape } from "../../src/analysis/explanation/explain-answer.ts";
import { statisticsAnswerShape } from "../../src/analysis/statistics/statistics-answer.ts";
import { notesAnswerShape } from "../../src/analysis/list-notes.ts";
import { adoptAnswerShape } from "../../src/cli/adopt-stamps.ts";
import { assignAnswerShape } from "../../src/cli/assign-groups.ts";
import { alertsTestShape } from "../../src/cli/alerts.ts";
import { configAnswerShape } from "../../src/cli/config.ts";
import { deadLetterListShape, replayAnswerShape, replayPlanShape } from "../../src/cli/dlq.ts";
import { errorAnswerShape } from "../../src/cli/exit-code.ts";
import { healthAnswerShape } from "../../src/cli/health.ts";
import { initAnswerShape } from "../../src/cli/init.ts";
import { modelListShape } from "../../src/cli/model.ts";
import { reembedPlanShape } from "../../src/cli/reembed.ts";
import { reembedAnswerShape, runAnswerShape, sweepAnswerShape } from "../../src/domain/summary.ts";
import {
  quarantineChangeShape,
  quarantineCountShape,
  quarantineListShape,
} from "../../src/pipeline/quarantine/quarantine-answer.ts";
import { groupShape } from "../../src/domain/memory/group.ts";
import { noteShape } from "../../src/domain/memory/note.ts";
import { alertMessageShape } from "../../src/ports/alert-channel.ts";
import { recordAnswerShape, searchAnswerShape } from "../../src/search/search-answer.ts";
import { checkAnswerShape } from "../../src/status/check-report.ts";
import { overviewShape } from "../../src/status/overview/overview.ts";
import { readyShape } from "../../src/status/ready-answer.ts";
import { statusShape } from "../../src/status/status-shape.ts";

const ANSWERS: readonly [name: string, title: string, shape: z.ZodType][] = [
  ["adopt-stamps", "log-vectorizer init --adopt-stamps --json", adoptAnswerShape],
  ["groups", "log-vectorizer groups list --json and GET /api/v1/groups", groupsAnswerShape],
  ["group", "log-vectorizer groups show --json and GET /api/v1/groups/:group", groupAnswerShape],
  ["explanation", "log-vectorizer explain --json and POST /api/v1/explain", explainAnswerShape],
  [
    "decided-group",
    "log-vectorizer groups known, mute, resolve, open, merge and split --json, and the routes of that",
    groupShape,
  ],
  ["assign-groups", "log-vectorizer groups assign --json", assignAnswerShape],
  ["alert", "The body that ALERT_WEBHOOK_URL gets", alertMessageShape],
  ["alerts-test", "log-vectorizer alerts test --json", alertsTestShape],
  ["check", "log-vectorizer check --json", checkAnswerShape],
  ["config", "log-vectorizer config --json", configAnswerShape],
  ["dead-letters", "log-vectorizer dlq list --json", deadLetterListShape],
  ["episodes", "log-vectorizer episodes --json and GET /api/v1/episodes", episodesAnswerShape],
  ["error", "What --json prints where a command has no other answer", errorAnswerShape],
  ["health", "log-vectorizer health --json", healthAnswerShape],
  ["init", "log-vectorizer init --json", initAnswerShape],
  ["models", "log-vectorizer model list --json", modelListShape],
  [
    "note",
    "log-vectorizer note add, confirm, wrong and outdated --json, POST /api/v1/notes and its verdicts",
    noteShape,
  ],
  ["notes", "log-vectorizer note list --json and GET /api/v1/notes", notesAnswerShape],
  ["overview", "GET /api/v1/overview", overviewShape],
  [
    "quarantine",
    "log-vectorizer quarantine list --json and GET /api/v1/quarantine",
    quarantineListShape,
  ],
  [
    "quarantine-change",
    "log-vectorizer quarantine retry --json and drop --json, and POST /api/v1/quarantine/retry",
    z.union([quarantineChangeShape, quarantineCountShape]),
  ],
  ["ready", "GET /ready", readyShape],
  ["record", "GET /api/v1/logs/:index/:id", recordAnswerShape],
  ["reembed", "log-vectorizer reembed --json", reembedAnswerShape],
  ["reembed-plan", "log-vectorizer reembed --dry-run --json", reembedPlanShape],
  ["replay", "log-vectorizer dlq replay --json", z.union([replayAnswerShape, replayPlanShape])],
  [
    "search",
    "log-vectorizer search --json and similar --json, GET /api/v1/search and GET /api/v1/logs/:index/:id/similar",
    searchAnswerShape,
  ],
  [
    "statistics",
    "log-vectorizer statistics compare --json and GET /api/v1/statistics/compare",
    statisticsAnswerShape,
  ],
  ["status", "log-vectorizer status --json and GET /api/v1/status", statusShape],
  ["sweep", "log-vectorizer sweep --json", sweepAnswerShape],
  ["summary", "log-vectorizer --once --json and --drain --json", runAnswerShape],
];

/** JSON Schemas of answers that programs read, made from the shapes that the answers themselves are made by. */
export const SCHEMA_FILES = ANSWERS.map(([name, title, shape]) => ({
  file: `schemas/${name}.schema.json`,
  text: `${JSON.stringify({ title, ...z.toJSONSchema(shape) }, undefined, 2)}\n`,
}));
