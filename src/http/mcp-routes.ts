import { z } from "zod";
import type { McpParts } from "../mcp/tools.ts";
import type { HttpParts } from "./parts.ts";
import { Refused } from "./problem.ts";
import { refusals, type App } from "./routes.ts";

/** Longer than any question of the tools. */
const MAX_BODY_BYTES = 256 * 1024;

const ANSWER = {
  description: "OK",
  content: { "application/json": { schema: z.unknown() } },
};

/**
 * The Model Context Protocol by streamable HTTP, without sessions: each request is answered by a server of its own, as JSON. Whoever has the
 * token may use all tools.
 */
export function addMcpRoutes(app: App, { mcp, ...parts }: HttpParts): void {
  const { search, groups, notes, explain, clock, version } = parts;
  const open: McpParts = { ...mcp, search: search.search, groups, notes, explain, clock, version };
  const config = { rateLimit: { max: 120, timeWindow: "1 minute" }, costs: true };
  app.post(
    "/mcp",
    {
      bodyLimit: MAX_BODY_BYTES,
      config,
      schema: {
        tags: ["agents"],
        summary: "The Model Context Protocol (streamable HTTP) for agents",
        description: "JSON-RPC 2.0. Answers are JSON; there are no sessions and no streams.",
        body: z.union([z.looseObject({}), z.array(z.looseObject({}))]),
        response: {
          200: ANSWER,
          202: z.null().describe("A notification was taken"),
          ...refusals(400, 401, 403, 413, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const [{ createMcpServer }, { StreamableHTTPServerTransport }] = await Promise.all([
        import("../mcp/mcp-server.ts"),
        import("@modelcontextprotocol/sdk/server/streamableHttp.js"),
      ]);
      const server = createMcpServer(open);
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      reply.raw.once("close", () => void server.close());
      await server.connect(transport);
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      await transport.handleRequest(request.raw, reply.raw, request.body);
    },
  );
  for (const method of ["get", "delete"] as const) {
    app[method]("/mcp", { config, schema: { hide: true } }, async () => {
      throw new Refused(405, "There are no streams and no sessions here: send JSON-RPC by POST.");
    });
  }
}
