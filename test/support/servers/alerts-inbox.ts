import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { startAlertReceiver } from "./alert-receiver.ts";
import { eventually } from "../asserts/eventually.ts";
import { startMailServer } from "./mail-server.ts";

/** Where the alerts of a command go to: a channel as Slack has them, and a mailbox. */
export type AlertsInbox = {
  /** Settings that send them here, seconds after what they tell of. */
  env: Record<string, string>;
  /** Waits until both were told of such a thing, that nobody has waited for yet; returns what Slack was told of it. */
  untilTold(what: RegExp): Promise<string>;
  /** What nobody has waited for. */
  rest(): string[];
  /** Messages that came, by either of them. */
  received(): number;
};

const KEY = "k3yOfTheHook0123456789";

export async function openAlertsInbox(t: TestContext): Promise<AlertsInbox> {
  const [slack, mail] = await Promise.all([startAlertReceiver(t), startMailServer(t)]);
  const inboxes = [() => slack.texts(), () => mail.mails.map(({ text }) => text)].map((texts) => {
    const read = new Set<number>();
    const unread = () =>
      texts()
        .flatMap(thingsIn)
        .map((text, i) => ({ text, i }))
        .filter(({ i }) => !read.has(i));
    const find = (what: RegExp) => unread().find(({ text }) => what.test(text));
    return {
      find,
      rest: () => unread().map(({ text }) => text),
      take(what: RegExp): string {
        const found = find(what);
        if (found) read.add(found.i);
        return found?.text ?? "";
      },
    };
  });
  return {
    env: {
      ALERT_SLACK_WEBHOOK_URL: `${slack.url}/services/T0/B0/${KEY}`,
      ALERT_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      ALERT_EMAIL_TO: "ops@example.com",
      ALERT_AFTER_SECONDS: "1",
    },
    async untilTold(what) {
      await eventually(() => inboxes.every(({ find }) => find(what)), t);
      const [told = ""] = inboxes.map(({ take }) => take(what));
      assert.ok(!told.includes(KEY), "an address of a webhook is in its own message");
      return told;
    },
    rest: () => inboxes.flatMap(({ rest }) => rest()),
    received: () => slack.posted.length + mail.mails.length,
  };
}

/** Each thing that a message tells begins with how pressing it is; one alone stands in the subject of Slack's. */
function thingsIn(text: string): string[] {
  const parts = text.replaceAll("*", "").split("\n\n");
  return parts.flatMap(
    (part) => /^\[[^]*/m.exec(part.replace(/^\[.*, and \d+ more\n/, ""))?.[0] ?? [],
  );
}
