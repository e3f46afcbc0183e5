import { Agent, createServer, request as sendOn } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { withoutItems, type ItemAnswers } from "./bulk-items.ts";

/** What came from the command; `line` is `POST /_bulk?filter_path=…`. */
export type ProxiedRequest = { number: number; line: string; body: string };

/** What befalls a request on its way to the real server, or its answer on the way back. */
export type OpenSearchFault =
  /** The server hears nothing of it: this is the whole answer. */
  | { kind: "answers"; status: number; headers?: Record<string, string>; body?: unknown }
  /** Single items of a bulk request never reach the server, and this is said of them; the others are carried out. */
  | { kind: "items"; answers: ItemAnswers }
  /** The server's answer with another body. */
  | { kind: "rewrites"; rewrite: (body: unknown) => unknown }
  /** The connection ends before the server hears of it, with half of the request sent, after the server has carried it
   *  out but before its answer, or in the middle of the answer. */
  | { kind: "cuts"; where: "before" | "in-request" | "before-answer" | "in-answer" }
  | { kind: "delays"; ms: number };

/** Which requests: those whose line matches. */
type Which = RegExp | ((request: ProxiedRequest) => boolean);

/** A request that is held up. */
export type Hold = {
  /** Resolves when the request is there (and, for its answer, when the server has carried it out). */
  arrived: Promise<ProxiedRequest>;
  /** Lets it go on. */
  release(): void;
};

/** Stands between the command and a real OpenSearch, with faults on demand. */
export type OpenSearchFaults = {
  url: string;
  /** Every request so far, the ones that faults befell included. */
  requests: readonly ProxiedRequest[];
  count(which: Which): number;
  /** From now on; `next`: only so often. Of several faults the first that fits befalls a request. */
  fail(which: Which, fault: OpenSearchFault, options?: { next?: number }): void;
  /** Holds up the nth such request from now on (default: the next one), or its answer. */
  hold(which: Which, options?: { nth?: number; at?: "request" | "answer" }): Hold;
  /** Takes the faults away and lets go of what is held. */
  clear(): void;
};

type Rule = { which: Which; fault: OpenSearchFault; left: number };
type HoldRule = {
  which: Which;
  left: number;
  at: "request" | "answer";
  arrived: PromiseWithResolvers<ProxiedRequest>;
  released: PromiseWithResolvers<void>;
};

/** Starts it on loopback before the server at `target`; it ends with the test. */
export async function startOpenSearchFaults(
  t: Pick<TestContext, "after">,
  target: string,
): Promise<OpenSearchFaults> {
  const requests: ProxiedRequest[] = [];
  const rules: Rule[] = [];
  const holds = new Set<HoldRule>();
  const agent = new Agent({ keepAlive: true });

  const server = createServer((incoming, response) => {
    // Where the server is down, or somebody hung up, the command is to see a connection that broke.
    pass(incoming, response).catch(() => response.destroy());
  });

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(incoming);
    const { method = "GET", url: path = "/", headers } = incoming;
    const number = requests.length + 1;
    const request = { number, line: `${method} ${path}`, body: bytes.toString() };
    requests.push(request);
    const hold = heldBy(holds, request);
    if (hold?.at === "request") await keep(hold, request);
    // What a client never finished sending is not carried out for it once it is dead.
    if (response.destroyed) return;
    const fault = faultOf(rules, request);
    if (fault?.kind === "delays") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.kind === "answers") return answer(response, fault);
    if (fault?.kind === "cuts" && fault.where === "before") return void response.destroy();
    const cut = fault?.kind === "cuts" && fault.where === "in-request";
    const split = fault?.kind === "items" ? withoutItems(request.body, fault.answers) : undefined;
    const onward = { target, agent, method, path, headers, cut };
    const came = split?.body === "" ? undefined : await send(onward, split?.body ?? bytes);
    if (hold?.at === "answer") await keep(hold, request);
    const { status, headers: cameWith, body } = came ?? NOTHING_DONE;
    if (fault?.kind === "cuts") return cutAnswer(response, fault.where, status, body);
    const changed = fault?.kind === "rewrites" ? fault.rewrite : split?.merge;
    const sent = changed ? JSON.stringify(changed(JSON.parse(body.toString()))) : body;
    response.writeHead(status, { ...kept(cameWith), "content-length": Buffer.byteLength(sent) });
    response.end(sent);
  }

  // Like OpenSearch, which hangs up on nobody: whoever stood still for a moment finds his connections as they were.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const clear = () => {
    rules.length = 0;
    for (const { released } of holds) released.resolve();
    holds.clear();
  };
  t.after(async () => {
    clear();
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    requests,
    count: (which) => requests.filter((request) => fits(which, request)).length,
    fail(which, fault, { next = Infinity } = {}) {
      rules.push({ which, fault, left: next });
    },
    hold(which, { nth = 1, at = "request" } = {}) {
      const arrived = Promise.withResolvers<ProxiedRequest>();
      const released = Promise.withResolvers<void>();
      const rule = { which, left: nth, at, arrived, released };
      holds.add(rule);
      return { arrived: arrived.promise, release: () => released.resolve() };
    },
    clear,
  };
}

/** The answer to a bulk request of which nothing is left to carry out. */
const NOTHING_DONE = {
  status: 200,
  headers: { "content-type": "application/json" },
  body: Buffer.from('{"items":[]}'),
};

function fits(which: Which, request: ProxiedRequest): boolean {
  return which instanceof RegExp ? which.test(request.line) : which(request);
}

function faultOf(rules: readonly Rule[], request: ProxiedRequest): OpenSearchFault | undefined {
  const rule = rules.find(({ which, left }) => left > 0 && fits(which, request));
  if (rule) rule.left--;
  return rule?.fault;
}

function heldBy(holds: ReadonlySet<HoldRule>, request: ProxiedRequest): HoldRule | undefined {
  for (const hold of holds) {
    if (hold.left > 0 && fits(hold.which, request) && --hold.left === 0) return hold;
  }
  return undefined;
}

async function keep({ arrived, released }: HoldRule, request: ProxiedRequest): Promise<void> {
  arrived.resolve(request);
  await released.promise;
}

type Onward = {
  target: string;
  agent: Agent;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** Breaks off with half of the body sent. */
  cut: boolean;
};

async function send(onward: Onward, body: Buffer | string) {
  const { target, agent, method, path, headers, cut } = onward;
  const bytes = Buffer.from(body);
  // Compressed answers could not be read here.
  const { "accept-encoding": _, host: __, ...rest } = headers;
  const withLength = { ...rest, "content-length": bytes.length };
  const came = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = sendOn(`${target}${path}`, { agent, method, headers: withLength }, resolve);
    request.once("error", reject);
    if (!cut) request.end(bytes);
    else request.write(bytes.subarray(0, bytes.length / 2), () => request.destroy());
  });
  return { status: came.statusCode ?? 502, headers: came.headers, body: await buffer(came) };
}

/** The headers of an answer that say something else than how it was sent. */
function kept(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { "content-length": _, "transfer-encoding": __, connection: ___, ...rest } = headers;
  return rest;
}

function answer(
  response: ServerResponse,
  { status, headers = {}, body = {} }: Extract<OpenSearchFault, { kind: "answers" }>,
): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers }).end(text);
}

function cutAnswer(
  response: ServerResponse,
  where: Extract<OpenSearchFault, { kind: "cuts" }>["where"],
  status: number,
  body: Buffer,
): void {
  if (where !== "in-answer") {
    response.destroy();
    return;
  }
  const headers = { "content-type": "application/json", "content-length": body.length };
  response.writeHead(status, headers);
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
}
