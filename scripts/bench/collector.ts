import { createServer } from "node:http";

export type Collector = AsyncDisposable & { url: string; requests(): number };

/** Takes whatever traces it is sent and keeps nothing of them. */
export async function startCollector(): Promise<Collector> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      requests++;
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
