import {
  IncomingWebhook,
  IncomingWebhookHTTPError,
  IncomingWebhookRequestError,
} from "@slack/webhook";
import type { AlertChannel, AlertMessage } from "../../ports/alert-channel.ts";
import { postTo, refusedPost, unansweredPost } from "./post-faults.ts";

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
