import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { episodesAnswerShape } from "../../../src/analysis/group-answers.ts";
import {
  quarantineChangeShape,
  quarantineCountShape,
  quarantineListShape,
} from "../../../src/pipeline/quarantine/quarantine-answer.ts";
import { groupsAnswerShape } from "../../../src/analysis/group-answers.ts";
import { recordAnswerShape, searchAnswerShape } from "../../../src/search/search-answer.ts";
import { notesAnswerShape } from "../../../src/analysis/list-notes.ts";
import { overviewShape } from "../../../src/status/overview/overview.ts";
import { readyShape } from "../../../src/status/ready-answer.ts";
import { statusShape } from "../../../src/status/status-shape.ts";
import { exactly } from "../../support/asserts/printed-json.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { refused } from "../pipeline/quarantine/quarantine-setup.ts";
import { setUpHttp, TOKEN } from "./http-setup.ts";

type Asked = { url: string; body?: object };

const ANSWERS: [asked: Asked, shape: z.ZodType][] = [
  [{ url: "/ready" }, readyShape],
  [{ url: "/api/v1/status" }, statusShape],
  [{ url: "/api/v1/overview" }, overviewShape],
  [{ url: "/api/v1/quarantine" }, quarantineListShape],
  [{ url: "/api/v1/quarantine/retry", body: { all: true, dry_run: true } }, quarantineCountShape],
  [{ url: "/api/v1/quarantine/retry", body: { all: true } }, quarantineChangeShape],
  [{ url: "/api/v1/groups?state=open&order=count" }, groupsAnswerShape],
  [{ url: "/api/v1/episodes?since=2000d" }, episodesAnswerShape],
  [{ url: "/api/v1/notes" }, notesAnswerShape],
  [{ url: "/api/v1/search?q=disk+full" }, searchAnswerShape],
  [{ url: "/api/v1/logs/app_logs/log-1/similar" }, searchAnswerShape],
  [{ url: "/api/v1/logs/app_logs/log-1" }, recordAnswerShape],
];

for (const [{ url, body }, shape] of ANSWERS) {
  test(`${body ? "POST" : "GET"} ${url} answers what its schema says, and nothing else`, async (t) => {
    const documents = [...errorLogs(3), refused(7)];
    const { app } = await setUpHttp(t, { documents, settings: { token: TOKEN } });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await app.inject(
      body ? { method: "POST", url, headers, payload: body } : { url, headers },
    );
    assert.equal(response.statusCode, 200, response.body);
    exactly(response.json(), shape);
  });
}
