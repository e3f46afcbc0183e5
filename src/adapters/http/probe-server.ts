import { once } from "node:events";
import { connect } from "node:net";
import { Fault } from "../../domain/faults.ts";
import { jsonIn, readRefusal } from "./answer-body.ts";
import { connectionFault, type FaultContext, refusalFault, stoppedFault } from "./http-faults.ts";
import { readServerMessage } from "./server-message.ts";
import { withinOrigin } from "./within-origin.ts";

/** `met`: what the server was last met with. `viaProxy`: connections go to a proxy. */
type Probed = {
  url: string;
  fetch?: typeof globalThis.fetch | undefined;
  met?: Fault | undefined;
  viaProxy?: boolean;
};

/**
 * Makes a connection. It is enough, because a small server may know no other request than that for vectors; only where the
 * server took one before and failed, a free request is sent without a key: any status below 500 means that it is well. Throws a
 * Fault.
 */
export async function probeServer(
  { url, fetch = globalThis.fetch, met, viaProxy = "NODE_USE_ENV_PROXY" in process.env }: Probed,
  signal: AbortSignal,
  context: FaultContext,
): Promise<void> {
  try {
    if (!viaProxy) {
      await connectTo(new URL(url), signal);
      if (!met?.answersBadly) return;
    }
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

/** Makes a connection and closes it. */
async function connectTo({ hostname, port, protocol }: URL, signal: AbortSignal): Promise<void> {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const socket = connect({ host, port: Number(port) || (protocol === "https:" ? 443 : 80) });
  try {
    await once(socket, "connect", { signal });
  } finally {
    socket.destroy();
  }
}
