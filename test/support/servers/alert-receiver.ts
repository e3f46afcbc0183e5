import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { text as readText } from "node:stream/consumers";
import type { TestContext } from "node:test";

type Posted = { path: string; headers: IncomingHttpHeaders; body: string };

/** What the receiver answers instead of "ok". */
type Answer = { status: number; headers?: Record<string, string>; body?: string } | "never";

/** A server on loopback that takes what is posted to it, as Slack's incoming webhooks do. */
export type AlertReceiver = {
  url: string;
  posted: Posted[];
  /** Of each message its `text`, as Slack would show it. */
  texts(): string[];
  /** For the next posts, in their order. */
  answer(...answers: Answer[]): void;
};

export async function startAlertReceiver(t: Pick<TestContext, "after">): Promise<AlertReceiver> {
  const posted: Posted[] = [];
  const answers: Answer[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readText(request);
    posted.push({ path: request.url ?? "", headers: request.headers, body });
    const answer = answers.shift();
    if (answer === "never") return;
    response.writeHead(answer?.status ?? 200, answer?.headers).end(answer?.body ?? "ok");
  };
  const server = createServer((request, response) => {
    // Only who went away in the middle ends up here.
    take(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    posted,
    texts: () => posted.map(({ body }) => textIn(body)),
    answer: (...next) => void answers.push(...next),
  };
}

function textIn(body: string): string {
  const parsed: unknown = JSON.parse(body);
  const isMessage = typeof parsed === "object" && parsed !== null && "text" in parsed;
  return isMessage ? String(parsed.text) : "";
}
