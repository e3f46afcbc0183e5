import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** Stands between a client and a server, and can cut them off from each other. */
export type TcpGate = {
  port: number;
  /** Breaks every connection, and lets none come up. */
  cut(): void;
  restore(): void;
  /** Connections that it let nobody have. */
  refused(): number;
};

export async function startTcpGate(
  t: Pick<TestContext, "after">,
  target: { host: string; port: number },
): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let open = true;
  let refused = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Whoever hangs up here is told of it at its own end.
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (!open) {
      refused++;
      client.destroy();
      return;
    }
    const onward = connect(target);
    keep(onward);
    client.pipe(onward).pipe(client);
    client.once("close", () => onward.destroy());
    onward.once("close", () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const cut = () => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  t.after(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    restore: () => void (open = true),
    refused: () => refused,
  };
}
