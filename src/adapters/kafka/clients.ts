import type { Base, Connection, ConnectionPool } from "@platformatic/kafka";
import { Fault } from "../../domain/faults.ts";
import { endedWithin, type Calls } from "./calls.ts";

/** The part that all clients of the library share. */
export type AnyClient = Pick<Base, "connections" | "metadata"> & { close(): Promise<void> };

const CLOSE_LIMIT_MS = 1500;

/** An unhandled late error of a connection would end the process. */
export function ignoreConnectionErrors(pool: ConnectionPool): void {
  pool.on("connecting", ({ connection }) => {
    connection.on("error", () => undefined);
  });
}

/** Destroys connections in any state, and with them every pending request. */
export function destroyConnections(connections: readonly Connection[]): void {
  // A connection has no socket before it connects, which the library's type omits.
  for (const connection of connections) connection.socket?.destroy();
}

export function connectionsOf(pool: ConnectionPool): Connection[] {
  return [...pool].map(([, connection]) => connection);
}

/** Closes a client, by force after the limit. Never throws. */
export async function closeClient(client: AnyClient, limitMs = CLOSE_LIMIT_MS): Promise<void> {
  const connections = connectionsOf(client.connections);
  if (!(await endedWithin(client.close(), limitMs))) destroyConnections(connections);
}

/** The first request, without the retries that would delay the report of a wrong address, certificate or password. */
export async function fetchMetadataOnce(
  client: AnyClient,
  calls: Calls,
  signal: AbortSignal,
  topics: readonly string[] = [],
) {
  return calls.call(() => client.metadata({ topics: [...topics], retries: 0 }), { signal });
}

/** A client that is opened by its first use. */
export type LazyClient<Client> = {
  /** Throws a Fault; the next call tries again. */
  get(signal: AbortSignal): Promise<Client>;
  close(): Promise<void>;
};

export function lazyClient<Client extends AnyClient>(
  open: () => Promise<Client>,
  calls: Calls,
): LazyClient<Client> {
  const over = new AbortController();
  let opened: Promise<Client> | undefined;
  let closed: Promise<void> | undefined;

  async function openAndReach(): Promise<Client> {
    const client = await open();
    ignoreConnectionErrors(client.connections);
    try {
      await fetchMetadataOnce(client, calls, over.signal);
      return client;
    } catch (error) {
      await closeClient(client);
      throw error;
    }
  }

  async function openOnce(): Promise<Client> {
    try {
      return await openAndReach();
    } catch (error) {
      opened = undefined;
      throw error;
    }
  }

  async function closeOpened(): Promise<void> {
    over.abort();
    const client = await opened?.catch(() => undefined);
    if (client) await closeClient(client);
  }

  return {
    async get(signal) {
      if (over.signal.aborted) throw new Fault("outage", `${calls.at}: closed already`);
      return calls.call(() => (opened ??= openOnce()), { signal });
    },
    close: () => (closed ??= closeOpened()),
  };
}
