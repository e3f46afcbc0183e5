import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { text as readText } from "node:stream/consumers";
import { z } from "zod";

const requestShape = z.object({
  model: z.string(),
  stream: z.boolean().optional(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
});

export type ChatRequest = {
  headers: IncomingHttpHeaders;
  /** As it was sent. */
  body: Record<string, unknown>;
  system: string;
  user: string;
};

/** What it answers: words of a model; or a status with a body; or nothing, ever (HANG). */
type ChatAnswer =
  | string
  | {
      text: string;
      finish?: string;
      usage?: { prompt_tokens: number; completion_tokens: number } | null;
    }
  | { status: number; body: unknown; headers?: Record<string, string> };

export type StubChatServer = AsyncDisposable & {
  /** `http://localhost:PORT/v1`. */
  baseUrl: string;
  requests: ChatRequest[];
  /** What the next requests are answered with. */
  say(answer: (request: ChatRequest, number: number) => ChatAnswer): void;
};

export const HANG = "hang";

/** A server on loopback that speaks OpenAI's chat API, and says what it is told to. */
export async function startStubChatServer({
  port = 0,
}: { port?: number } = {}): Promise<StubChatServer> {
  const requests: ChatRequest[] = [];
  let say: Parameters<StubChatServer["say"]>[0] = () => "";
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = z.record(z.string(), z.unknown()).parse(JSON.parse(await readText(request)));
    const { messages } = requestShape.parse(body);
    const [system, user] = ["system", "user"].map(
      (role) => messages.find((one) => one.role === role)?.content ?? "",
    );
    const asked = { headers: request.headers, body, system: system ?? "", user: user ?? "" };
    requests.push(asked);
    if (request.url !== "/v1/chat/completions")
      return send(response, 404, { error: { message: "Not found" } });
    const said = say(asked, requests.length);
    if (said === HANG) return undefined;
    if (typeof said === "object" && "status" in said) {
      return send(response, said.status, said.body, said.headers);
    }
    const { text, finish = "stop", usage } = typeof said === "string" ? { text: said } : said;
    return send(response, 200, {
      id: "chat-1",
      object: "chat.completion",
      model: body["model"],
      choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: finish }],
      usage:
        usage === undefined
          ? { prompt_tokens: 1200, completion_tokens: 80, total_tokens: 1280 }
          : usage,
    });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const address = server.address();
  const own = typeof address === "object" && address ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${own}/v1`,
    requests,
    say: (next) => void (say = next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}
