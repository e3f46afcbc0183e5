import { Fault } from "../../domain/faults.ts";
import type { AlertChannel } from "../../ports/alert-channel.ts";
import { readRefusal } from "../http/answer-body.ts";
import { withinOrigin } from "../http/within-origin.ts";
import { postTo, refusedPost, unansweredPost } from "./post-faults.ts";

type WebhookOptions = { url: string; secrets: readonly string[]; fetch?: typeof globalThis.fetch };

/** Posts each message as the port's JSON to a URL that may hold user, password and query. */
export function createWebhookChannel(options: WebhookOptions): AlertChannel {
  const { url, secrets } = options;
  const post = postTo("webhook", "ALERT_WEBHOOK_URL", url, secrets);
  const fetch = withinOrigin(options.fetch ?? globalThis.fetch);
  const address = withoutUser(url);
  return {
    name: "webhook",
    async send(message, signal) {
      try {
        const response = await fetch(address.url, {
          method: "POST",
          headers: { "content-type": "application/json", ...address.headers },
          body: JSON.stringify(message),
          signal,
        });
        if (!response.ok) {
          const { status, headers } = response;
          throw refusedPost({ status, headers, body: await readRefusal(response, signal) }, post);
        }
        await response.body?.cancel();
      } catch (error) {
        throw error instanceof Fault ? error : unansweredPost(error, post, signal);
      }
    },
  };
}

/** fetch refuses an address with user and password. */
function withoutUser(address: string): { url: string; headers: Record<string, string> } {
  const url = new URL(address);
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  if (user === ":") return { url: url.href, headers: {} };
  const authorization = `Basic ${Buffer.from(user).toString("base64")}`;
  return { url: url.href, headers: { authorization } };
}
