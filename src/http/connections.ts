import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Keeps a server from holding more connections than that: where one more comes, the one goes that has been idle for
 * longest. So whoever opens many and sends nothing keeps nobody out.
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
