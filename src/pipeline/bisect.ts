import { Fault } from "../domain/faults.ts";
import { sendProbe } from "./send-request.ts";
import type { PreparedText } from "./split-into-requests.ts";
import type { Run } from "./embed-texts.ts";

/** So many texts in a row may the embedder fail at, and answer none between, before it is taken to be down for texts. */
const MAX_FAILED_IN_A_ROW = 5;

/** Whether a failure that outlasts its tries may be of one text among those sent. Who says when to come back is away. */
export function couldBeCausedByOneText({ kind, retryAfterMs }: Fault): boolean {
  return kind === "outage" && retryAfterMs === undefined;
}

/** A harmless text shows whether the embedder is away, unless it was heard of lately; the fault that ends the sending. */
export async function confirmOutage(run: Run, fault: Fault): Promise<Fault | undefined> {
  if (run.heardOf) return undefined;
  const met = await sendProbe(run);
  return met?.kind === "outage" ? fault : met;
}

/** A text that failed alone; a fault where too many did. */
export function rejectText(run: Run, { hash }: PreparedText, fault: Fault): Fault | undefined {
  if (fault.kind === "record") {
    run.rejected.set(hash, fault);
    return undefined;
  }
  const message = `${fault.message} (at this text alone: others are answered)`;
  run.rejected.set(hash, new Fault("outage", message, { hint: HINT }));
  // The next one that fails may do so because the embedder has gone away since.
  run.heardOf = false;
  run.failedInARow++;
  return run.failedInARow < MAX_FAILED_IN_A_ROW ? undefined : fault;
}

/** As long as nothing was answered, a refusal may be of every text: nobody is blamed for it then. */
export function discardUnconfirmedRejections({ accepted, rejected }: Run): void {
  if (accepted) return;
  for (const [hash, fault] of rejected) if (fault.kind === "record") rejected.delete(hash);
}

const HINT =
  "Look at what the embedder itself logs: it fails at this text, and is asked again later.";
