import { Fault } from "../domain/faults.ts";
import { retryWaitMs } from "./retry.ts";
import { sendProbe, sendSome, type Answers, type Embedded, type Run } from "./send-request.ts";
import type { PreparedText, SizedText } from "./split-into-requests.ts";

/** So many texts in a row may the embedder fail at, and answer none between, before it is taken to be down for texts. */
const MAX_FAILED_IN_A_ROW = 5;

/**
 * Sends texts that fit into one request until each of them has its answer: those that make a request fail are found by
 * halving it. Yields what became of them as it is certain.
 */
export async function* embedRequest(run: Run, texts: readonly SizedText[]): Answers {
  const fault =
    (yield* embedAll(run, texts)) ??
    // Those refused right before it went away, now that it is back.
    (yield* embedAll(run, withoutAnswer(run, texts))) ??
    (await whenAllRefused(run));
  discardUnconfirmedRejections(run);
  const rejected = [...run.rejected].map(([hash, own]) => [hash, { fault: own }] as const);
  run.rejected.clear();
  yield* answered(run, new Map(rejected));
  return fault;
}

function* answered(run: Run, answers: ReadonlyMap<string, Embedded>) {
  for (const hash of answers.keys()) run.answered.add(hash);
  if (answers.size > 0) yield answers;
}

function withoutAnswer({ answered: known, rejected }: Run, texts: readonly SizedText[]) {
  return texts.filter(({ hash }) => !known.has(hash) && !rejected.has(hash));
}

/** How often a request is sent that fails though no text may be to blame: halves of one that did are not repeated. */
type Tries = "several" | "one";

/** Sends texts that fit into one request: as many at once as may be sent now, the others after them. */
async function* embedAll(run: Run, texts: readonly SizedText[], tries: Tries = "several"): Answers {
  const { stop } = run;
  let left = texts;
  let retries = 0;
  while (left.length > 0 && !stop.requested.aborted) {
    const { sent, fault, answers = NO_ANSWERS } = await sendSome(run, left);
    yield* answered(run, answers);
    if (fault && fault.kind !== "record") {
      if (sent.size === 0 || stop.requested.aborted) return fault;
      // What was refused shortly before it went away may have been refused for that.
      if (fault.kind === "outage") discardUnconfirmedRejections(run);
      const once = tries === "one" && couldBeCausedByOneText(fault);
      const waitMs = once ? undefined : retryWaitMs(fault, retries++);
      if (waitMs !== undefined) {
        if (await waited(run, fault, waitMs)) continue;
        return fault;
      }
      if (!couldBeCausedByOneText(fault)) return fault;
      if (tries === "several") run.heardOf = false;
      const away = await confirmOutage(run, fault);
      if (away) return away;
    }
    const ended = fault ? yield* halve(run, [...sent], fault, tries) : undefined;
    if (ended) return ended;
    left = left.filter((text) => !sent.has(text));
    retries = 0;
  }
  return undefined;
}

/** False where a stop cut the wait short. */
async function waited({ stop, clock, events }: Run, fault: Fault, waitMs: number) {
  events.waiting({ fault, waitMs });
  await clock.sleep(waitMs, stop.requested);
  if (stop.requested.aborted) return false;
  events.callRepeated({ target: "embedder", times: 1 });
  return true;
}

/** A request that is refused, or fails though the embedder is there, is halved until the text it is for stands alone. */
async function* halve(run: Run, texts: readonly SizedText[], fault: Fault, tries: Tries): Answers {
  const [first] = texts;
  if (texts.length === 1 && first) return rejectText(run, first, fault);
  const middle = Math.ceil(texts.length / 2);
  const next = fault.kind === "record" ? tries : "one";
  return (
    (yield* embedAll(run, texts.slice(0, middle), next)) ??
    (yield* embedAll(run, texts.slice(middle), next))
  );
}

/**
 * Where every text of a request was refused, a harmless one decides whether the texts are to blame. If it is refused too,
 * none of them is.
 */
async function whenAllRefused(run: Run): Promise<Fault | undefined> {
  if (run.accepted || run.stop.requested.aborted) return undefined;
  return sendProbe(run);
}

/** Whether a failure that outlasts its tries may be of one text among those sent. Who says when to come back is away. */
function couldBeCausedByOneText({ kind, retryAfterMs }: Fault): boolean {
  return kind === "outage" && retryAfterMs === undefined;
}

/** A harmless text shows whether the embedder is away, unless it answered recently; the fault that ends the sending. */
async function confirmOutage(run: Run, fault: Fault): Promise<Fault | undefined> {
  if (run.heardOf) return undefined;
  const met = await sendProbe(run);
  return met?.kind === "outage" ? fault : met;
}

/** A text that failed alone; a fault where too many did. */
function rejectText(run: Run, { hash }: PreparedText, fault: Fault): Fault | undefined {
  if (fault.kind === "record") {
    run.rejected.set(hash, fault);
    return undefined;
  }
  const message = `${fault.message} (for this text only: others are answered)`;
  run.rejected.set(hash, new Fault("outage", message, { hint: HINT }));
  // The next one that fails may do so because the embedder has gone away since.
  run.heardOf = false;
  run.failedInARow++;
  return run.failedInARow < MAX_FAILED_IN_A_ROW ? undefined : fault;
}

/** As long as nothing was answered, a refusal may be of every text, so no text is blamed. */
function discardUnconfirmedRejections({ accepted, rejected }: Run): void {
  if (accepted) return;
  for (const [hash, fault] of rejected) if (fault.kind === "record") rejected.delete(hash);
}

const NO_ANSWERS: ReadonlyMap<string, Embedded> = new Map();

const HINT = "See the embedder's own log: it fails for this text. The record is tried again later.";
