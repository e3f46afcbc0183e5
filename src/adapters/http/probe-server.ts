import { Fault } from "../../domain/faults.ts";
import { jsonIn, readRefusal } from "./answer-body.ts";
import { connectionFault, type FaultContext, refusalFault, stoppedFault } from "./http-faults.ts";
import { readServerMessage } from "./server-message.ts";
import { withinOrigin } from "./within-origin.ts";

/** Sends a free request without a key. Any status below 500 means that the server answers. Throws a Fault. */
export async function probeServer(
  { url, fetch = globalThis.fetch }: { url: string; fetch?: typeof globalThis.fetch | undefined },
  signal: AbortSignal,
  context: FaultContext,
): Promise<void> {
  try {
    const response = await withinOrigin(fetch)(url, { signal });
    if (response.status < 500) {
      await response.body?.cancel();
      return;
    }
    const text = await readRefusal(response, signal);
    const { status, headers } = response;
    throw refusalFault({ ...readServerMessage(jsonIn(text) ?? text), status, headers }, context);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw signal.aborted ? stoppedFault(context) : connectionFault(error, context);
  }
}
