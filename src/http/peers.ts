import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Node reads the address of a connection's other end when it is first asked for, and keeps it; once the connection is
 * reset there is none to be read. So it is asked for at once: a request that dies early still has an address, for its
 * limit and for its line in the log. A connection that is gone before that is closed.
 */
export function keepPeerAddresses(server: Server): void {
  server.prependListener("connection", (socket: Socket) => {
    if (socket.remoteAddress === undefined) socket.destroy();
  });
}
