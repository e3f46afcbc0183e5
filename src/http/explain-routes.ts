import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { explainAnswerShape, type ExplainAnswer } from "../analysis/explanation/explain-answer.ts";
import { explainReport } from "../analysis/explanation/report.ts";
import type { Progress } from "../analysis/explanation/explain.ts";
import type { Subject } from "../analysis/explanation/gather-evidence.ts";
import { isoTime } from "../domain/iso-time.ts";
import { fieldsOf, PAGE, takeForms } from "./bodies.ts";
import { unshown } from "./errors-routes.ts";
import { renderExplanation, type ExplainView } from "./page/explain-page.ts";
import { GROUP_ID } from "../domain/group.ts";
import { placeIn } from "../domain/reference.ts";
import { escapeControls } from "../telemetry/escape.ts";
import type { HttpParts } from "./parts.ts";
import { Refused, UNEXPECTED, wordsOf } from "./problem.ts";
import { refusals, type App } from "./routes.ts";
import { placeShape } from "./search-query.ts";

/** A text of a log, or a whole log of a build. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const { index, id } = placeShape.shape;
const notBlank = z.string().refine((said) => said.trim() !== "", "must not be blank");
const bodyShape = z.union([
  z.strictObject({ index, id, shard_key: z.string().max(512).optional() }),
  z.strictObject({ group: z.string().toLowerCase().regex(GROUP_ID, "not 16 hex digits") }),
  z.strictObject({ text: notBlank }),
  z.strictObject({ question: notBlank.max(1000) }),
]);

const STREAM = "text/event-stream";
const MARKDOWN = "text/markdown";

const text = { schema: z.string() };
const ANSWER = {
  description: "OK",
  content: {
    "application/json": { schema: explainAnswerShape },
    [STREAM]: text,
    [MARKDOWN]: text,
  },
};

/**
 * What is known of an error. Each request may cost one or two questions to the language model, which are paid for: they go on without a
 * caller who is gone, and the next one finds the answer.
 */
export function addExplainRoutes(app: App, { explain, stop, version }: HttpParts): void {
  app.post(
    "/api/v1/explain",
    {
      bodyLimit: MAX_BODY_BYTES,
      config: { rateLimit: { max: 30, timeWindow: "1 minute" }, costs: true },
      schema: {
        tags: ["explanations"],
        summary:
          "What is known of a record, an error or a text, or of a question: what `log-vectorizer explain --json` and `ask --json` print",
        description:
          `With \`Accept: ${STREAM}\` the answer comes in events: \`evidence\` (the answer without claims) at once, ` +
          "each `claim` once it is checked, then `answer`, the whole; or `error`, where it fails in between. " +
          `With \`Accept: ${MARKDOWN}\` it is a report.`,
        body: bodyShape,
        response: { 200: ANSWER, ...refusals(400, 401, 403, 404, 413, 429, 503) },
      },
    },
    async ({ body, headers: { accept = "" } }, reply) => {
      const subject = subjectIn(body);
      if (accept.includes(STREAM)) {
        return streamed(reply, (progress) => explain(subject, stop.embedding, progress));
      }
      const answer = await explain(subject, stop.embedding);
      if (!accept.includes(MARKDOWN)) return answer;
      reply.type(`${MARKDOWN}; charset=utf-8`);
      return reply.send(escapeControls(explainReport(answer, { version })));
    },
  );
}

/** Of a form, whose fields are texts. */
const FORM_BYTES = 16 * 1024;

/** The page with an explanation, which the buttons of other pages ask for. Works without JavaScript. */
export async function addExplainPage(
  app: FastifyInstance,
  { parts, signedIn }: { parts: Pick<HttpParts, "explain" | "stop" | "clock">; signedIn: boolean },
): Promise<void> {
  const config = { rateLimit: { max: 30, timeWindow: "1 minute" } };
  await app.register(async (scope) => {
    takeForms(scope, FORM_BYTES);
    scope.post("/explain", { schema: { hide: true }, config }, async (request, reply) => {
      const view = await readExplanation(parts, Object.fromEntries(fieldsOf(request)), reply);
      return reply.type(PAGE).send(renderExplanation(view, { signedIn }));
    });
  });
}

async function readExplanation(
  { explain, stop, clock }: Pick<HttpParts, "explain" | "stop" | "clock">,
  fields: Record<string, string>,
  reply: FastifyReply,
): Promise<ExplainView> {
  const now = isoTime(clock.now());
  try {
    const body = bodyShape.safeParse(fields).data;
    if (!body) throw new Refused(400, "Nothing to explain is named: a record or an error.");
    const answer = await explain(subjectIn(body), stop.embedding);
    return { now, kind: "answer", answer };
  } catch (error) {
    return { now, ...unshown(reply, error) };
  }
}

function subjectIn(body: z.infer<typeof bodyShape>): Subject {
  if ("text" in body || "group" in body || "question" in body) return body;
  return { of: placeIn(body) };
}

/** What fails before there is any evidence is refused as without a stream. */
async function streamed(
  reply: FastifyReply,
  ask: (progress: Progress) => Promise<ExplainAnswer>,
): Promise<FastifyReply> {
  const stream = new Readable({ read: () => undefined });
  const push = (event: string, data: unknown) =>
    void stream.push(`event: ${event}\ndata: ${escapeControls(JSON.stringify(data))}\n\n`);
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const whole = ask({
    evidence(answer) {
      push("evidence", answer);
      begin();
    },
    claim: (claim) => push("claim", claim),
  });
  await Promise.race([begun, whole]);
  void whole
    .then(
      (answer) => push("answer", answer),
      (error: unknown) => push("error", wordsInStream(error, reply)),
    )
    .finally(() => stream.push(null));
  return reply.type(STREAM).header("cache-control", "no-store").send(stream);
}

/** Of what should never happen the caller hears only that, and the log the rest. */
function wordsInStream(error: unknown, { request }: FastifyReply): ReturnType<typeof wordsOf> {
  try {
    return wordsOf(error);
  } catch (bug) {
    request.bug = bug;
    return { status: 500, message: UNEXPECTED, hint: undefined };
  }
}
