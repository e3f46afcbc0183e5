import { z } from "zod";
import { deadLetterListShape, replayAnswerShape } from "../../src/cli/dlq.ts";
import { errorAnswerShape } from "../../src/cli/exit-code.ts";
import { modelListShape } from "../../src/cli/model.ts";
import { reembedAnswerShape, runAnswerShape } from "../../src/domain/summary.ts";
import {
  quarantineChangeShape,
  quarantineCountShape,
  quarantineListShape,
} from "../../src/pipeline/quarantine/quarantine-answer.ts";
import { alertMessageShape } from "../../src/ports/alert-channel.ts";
import { recordAnswerShape, searchAnswerShape } from "../../src/search/search-answer.ts";
import { checkAnswerShape } from "../../src/status/check-report.ts";
import { overviewShape } from "../../src/status/overview/overview.ts";
import { readyShape } from "../../src/status/ready-answer.ts";
import { statusShape } from "../../src/status/status-shape.ts";

const ANSWERS: readonly [name: string, title: string, shape: z.ZodType][] = [
  ["alert", "The body that ALERT_WEBHOOK_URL gets", alertMessageShape],
  ["check", "log-vectorizer check --json", checkAnswerShape],
  ["dead-letters", "log-vectorizer dlq list --json", deadLetterListShape],
  ["error", "What --json prints where a command has no other answer", errorAnswerShape],
  ["models", "log-vectorizer model list --json", modelListShape],
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
  ["replay", "log-vectorizer dlq replay --json", replayAnswerShape],
  [
    "search",
    "log-vectorizer search --json and similar --json, GET /api/v1/search and GET /api/v1/logs/:index/:id/similar",
    searchAnswerShape,
  ],
  ["status", "log-vectorizer status --json and GET /api/v1/status", statusShape],
  ["summary", "log-vectorizer --once --json and --drain --json", runAnswerShape],
];

/** JSON Schemas of answers that programs read, made from the shapes that the answers themselves are made by. */
export const SCHEMA_FILES = ANSWERS.map(([name, title, shape]) => ({
  file: `schemas/${name}.schema.json`,
  text: `${JSON.stringify({ title, ...z.toJSONSchema(shape) }, undefined, 2)}\n`,
}));
