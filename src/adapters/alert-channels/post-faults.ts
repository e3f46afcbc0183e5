import { Fault } from "../../domain/faults.ts";
import { connectionFault, refusalFault, type FaultContext } from "../http/http-faults.ts";
import { readServerMessage } from "../http/server-message.ts";
import { jsonIn } from "../http/answer-body.ts";

export type Post = {
  /** As in `slack at https://host`: the rest of the address is secret. */
  at: string;
  setting: "ALERT_SLACK_WEBHOOK_URL" | "ALERT_WEBHOOK_URL";
  secrets: readonly string[];
};

export function postTo(
  name: string,
  setting: Post["setting"],
  address: string,
  secrets: readonly string[],
): Post {
  return { at: `${name} at ${new URL(address).origin}`, setting, secrets: [address, ...secrets] };
}

type Refused = { status: number; headers: Pick<Headers, "get">; body: string };

/** The fault of an answer outside 200 to 299. */
export function refusedPost({ status, headers, body }: Refused, post: Post): Fault {
  const message = readServerMessage(jsonIn(body) ?? body);
  const fault = refusalFault({ ...message, status, headers }, contextOf(post));
  // A refused message means that every message would be refused.
  if (fault.kind !== "record") return fault;
  return new Fault("configuration", fault.message, { hint: hintFor(post) });
}

/** The fault of a post that got no answer. */
export function unansweredPost(error: unknown, post: Post, signal: AbortSignal): Fault {
  if (!signal.aborted) return connectionFault(error, contextOf(post));
  return new Fault("outage", `${post.at}: no answer in time`, { hint: hintFor(post) });
}

function contextOf(post: Post): FaultContext {
  const hint = hintFor(post);
  return {
    at: post.at,
    model: "",
    secrets: post.secrets,
    texts: [],
    timeoutMs: 0,
    nowMs: Date.now(),
    hints: { credentials: hint, model: hint, address: hint },
  };
}

function hintFor({ setting }: Post): string {
  return `Check ${setting}.`;
}
