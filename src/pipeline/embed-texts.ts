import { linkedAbort } from "../concurrency/time-limit.ts";
import type { Fault } from "../domain/faults.ts";
import type { EmbedInput } from "../ports/embedder.ts";
import { embedRequest } from "./bisect.ts";
import type { Answers, EmbedDeps, Embedded, EmbedRun, Run } from "./send-request.ts";
import {
  fitToLimit,
  sizeTexts,
  splitIntoRequests,
  type PreparedText,
  type SizedText,
} from "./split-into-requests.ts";

/**
 * Embeds texts, each once, and yields what became of them as it is certain. Unless `proven`, the first request goes alone,
 * and the others only once the caller asks for more: by then the embedder has taken texts and the caller's store their
 * vectors. Those go side by side, as many as are admitted. Throws the Fault that ended the sending before all texts had
 * their turn.
 */
export async function* embedTexts(
  deps: EmbedDeps,
  inputs: readonly (EmbedInput & { hash: string })[],
  { stop, use, proven = false }: EmbedRun,
): AsyncGenerator<ReadonlyMap<string, Embedded>, void, void> {
  const { embedder, tokens, admission } = deps;
  using ending = linkedAbort(stop.requested);
  const run: Run = {
    ...deps,
    ending,
    stop: { ...stop, requested: ending.signal },
    use,
    answered: new Set(),
    rejected: new Map(),
    accepted: false,
    heardOf: false,
    failedInARow: 0,
  };
  const texts: PreparedText[] = [];
  for (const input of inputs) texts.push(await fitToLimit(input, embedder.limits, tokens));
  const sized = await sizeTexts(texts, embedder, admission.tokensLeft(), tokens);
  const requests = splitIntoRequests(sized, embedder.limits);
  const alone = proven ? 0 : 1;
  const fault =
    (yield* sendAll(run, requests.slice(0, alone))) ?? (yield* sendAll(run, requests.slice(alone)));
  const unsent = inputs.length - run.answered.size;
  if (run.news) deps.events.budgetReached({ ...run.news, texts: unsent });
  if (fault) throw fault;
}

/** Requests of one batch that are sent or wait to be: more would only stand in line. */
const MAX_SIDE_BY_SIDE = 64;

type Step = {
  sender: Answers;
  result: IteratorResult<ReadonlyMap<string, Embedded>, Fault | undefined>;
};

/**
 * Sends requests side by side. Once one of them ends with a fault nothing more is sent; requests that wait for their answer
 * by then are paid for, so it is taken.
 */
async function* sendAll(run: Run, requests: readonly (readonly SizedText[])[]): Answers {
  const waiting = requests.map((request) => embedRequest(run, request));
  const steps = new Map<Answers, Promise<Step>>();
  const next = async (sender: Answers): Promise<Step> => ({ sender, result: await sender.next() });
  const goOn = (sender: Answers | undefined) => {
    if (sender) steps.set(sender, next(sender));
  };
  let fault: Fault | undefined;
  try {
    for (const sender of waiting.splice(0, MAX_SIDE_BY_SIDE)) goOn(sender);
    while (steps.size > 0) {
      const { sender, result } = await Promise.race(steps.values());
      if (!result.done) {
        yield result.value;
        goOn(sender);
        continue;
      }
      steps.delete(sender);
      if (result.value) run.ending.abort((fault ??= result.value));
      goOn(waiting.shift());
    }
    return fault;
  } finally {
    // A caller that has gone away, or a mistake of ours, ends what is still in flight.
    if (steps.size > 0) run.ending.abort(fault);
    await Promise.allSettled(steps.keys().map((sender) => sender.return(undefined)));
  }
}
