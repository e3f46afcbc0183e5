import { openAnswers } from "../app/parts/answers.ts";
import { watchSignals } from "../app/shutdown.ts";
import { VERSION } from "../app/version.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/**
 * Answers an agent by the Model Context Protocol on standard input and output, until the agent closes its end. Nothing but the protocol
 * stands on standard output.
 */
export async function mcp(context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: false,
    asksModel: true,
    answerOnStdout: true,
  });
  const { service, config } = command;
  const { stdin, stdout } = context.process;
  const [{ createMcpServer }, { StdioServerTransport }, answers] = await Promise.all([
    import("../mcp/mcp-server.ts"),
    import("@modelcontextprotocol/sdk/server/stdio.js"),
    openAnswers(service),
  ]);
  using stop = watchSignals(context.process, (signal) => service.events.stopping({ signal }));
  const { search, ...rest } = answers;
  const { clock } = service;
  const parts = { ...rest, ...config.mcp, search: search.search, clock, version: VERSION };
  const server = createMcpServer(parts);
  const closed = Promise.withResolvers<void>();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no EventTarget
  server.server.onclose = () => closed.resolve();
  stdin.once("end", () => void server.close());
  stdin.once("close", () => void server.close());
  stop.requested.addEventListener("abort", () => void server.close());
  await server.connect(new StdioServerTransport(stdin, stdout));
  await closed.promise;
  return EXIT.ok;
}
