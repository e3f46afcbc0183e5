import {
  IncomingWebhook,
  IncomingWebhookHTTPError,
  IncomingWebhookRequestError,
} from "@slack/webhook";
import type { AlertChannel, AlertMessage } from "../../ports/alert-channel.ts";
import { postTo, refusedPost, unansweredPost } from "./post-faults.ts";
import { Fault } from "../../domain/faults.ts";
import { readRefusal } from "../http/answer-body.ts";
import { withinOrigin } from "../http/within-origin.ts";

type SlackOptions = { url: string; secrets: readonly string[]; fetch?: typeof globalThis.fetch };

/** Posts to an incoming webhook of Slack. */
export function createSlackChannel({
  url,
  secrets,
  fetch = globalThis.fetch,
}: SlackOptions): AlertChannel {
  const post = postTo("slack", "ALERT_SLACK_WEBHOOK_URL", url, secrets);
  return {
    name: "slack",
    async send(message, signal) {
      let headers = new Headers();
      // The address is the secret: a redirect must not pass it on.
      const once: typeof globalThis.fetch = async (input, init) => {
        const response = await fetch(input, { ...init, redirect: "manual", signal });
        ({ headers } = response);
        return response;
      };
      try {
        await new IncomingWebhook(url, { fetch: once }).send({
          text: slackText(message),
          unfurl_links: false,
          unfurl_media: false,
        });
      } catch (error) {
        if (!(error instanceof IncomingWebhookHTTPError)) {
          const reason = error instanceof IncomingWebhookRequestError ? error.original : error;
          throw unansweredPost(reason, post, signal);
        }
        throw refusedPost({ status: error.statusCode, headers, body: error.body ?? "" }, post);
      }
    },
  };
}

/** Slack's markup, in which three characters are special. */
function slackText({ subject, text }: AlertMessage): string {
  const rest = text.startsWith(`${subject}\n`) ? text.slice(subject.length) : `\n${text}`;
  return `*${escaped(subject)}*${escaped(rest)}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

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
