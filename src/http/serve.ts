import type { HttpParts, HttpSettings } from "./parts.ts";
import { buildServer } from "./server.ts";
import type { Server } from "node:http";
import type { Socket } from "node:net";

type Serving = AsyncDisposable & { url: string };

/** It cannot listen there; the message is half a sentence, and `setting` is the one to look at. */
export class CannotListen extends Error {
  readonly setting: "HTTP_HOST" | "HTTP_PORT";

  constructor(setting: "HTTP_HOST" | "HTTP_PORT", message: string) {
    super(message);
    this.name = "CannotListen";
    this.setting = setting;
  }
}

/** Idle ones beyond that make room for others. */
const MAX_CONNECTIONS = 1000;
/** From the end of the first stage of a shutdown: what is not answered by then is cut off. */
const CLOSE_WITHIN_MS = 3000;

/** Listens until it is disposed of, or a stop is requested. Throws CannotListen. */
export async function serve(
  parts: HttpParts,
  settings: HttpSettings & { host: string; port: number },
): Promise<Serving> {
  const { host, port, token } = settings;
  const app = await buildServer(parts, settings);
  const connections = boundConnections(app.server, MAX_CONNECTIONS);
  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= (async () => {
      const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS);
      const closed = app.close();
      connections.close();
      await closed;
      clearTimeout(cut);
    })());
  try {
    // For "localhost" fastify would open a second server beside this one, without bounds and never closed.
    await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
  } catch (error) {
    await app.close();
    throw cannotListen(error, host, port);
  }
  const address = app.server.address();
  const bound = typeof address === "object" && address ? address.port : port;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  parts.events.httpStarted({ url, open: token === undefined });
  const { requested } = parts.stop;
  const onStop = () => void close();
  requested.addEventListener("abort", onStop, { once: true });
  if (requested.aborted) onStop();
  return {
    url,
    async [Symbol.asyncDispose]() {
      requested.removeEventListener("abort", onStop);
      await close();
    },
  };
}

function cannotListen(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new CannotListen(
        "HTTP_PORT",
        `${port} at ${host} is taken by another process; set another, or 0 for no HTTP`,
      );
    case "EACCES":
      return new CannotListen(
        "HTTP_PORT",
        `no permission to listen at ${port}; set one above 1023`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new CannotListen(
        "HTTP_HOST",
        `${host} is no address of this machine; set one that is`,
      );
    default:
      return error;
  }
}

/**
 * Keeps a server from holding more connections than that: where one more comes, the one goes that has been idle for
 * longest. So a client that opens many and sends nothing keeps no other out.
 */
export function boundConnections(server: Server, max: number): { close(): void } {
  /** Longest idle first. */
  const idle = new Set<Socket>();
  let open = 0;
  let closing = false;
  server.on("connection", (socket: Socket) => {
    open++;
    idle.add(socket);
    socket.once("close", () => {
      open--;
      idle.delete(socket);
    });
    if (open <= max) return;
    const [oldest] = idle;
    (oldest ?? socket).destroy();
  });
  server.on("request", ({ socket }, response) => {
    idle.delete(socket);
    response.once("close", () => {
      if (closing) socket.end();
      else if (!socket.destroyed) idle.add(socket);
    });
  });
  return {
    /** Ends the idle ones, those too that have not sent anything yet, and each of the others after its answer. */
    close() {
      closing = true;
      for (const socket of idle) socket.destroy();
    },
  };
}
