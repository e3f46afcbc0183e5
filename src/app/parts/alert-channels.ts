import type { Config } from "../../config/config.ts";
import type { AlertChannel } from "../../ports/alert-channel.ts";

/** Those that the settings name; none where nothing is set. Only what is used is loaded. */
export async function openAlertChannels({ alerts, secrets }: Config): Promise<AlertChannel[]> {
  const { slackUrl, webhookUrl, email } = alerts ?? {};
  const opened: Promise<AlertChannel>[] = [];
  if (slackUrl !== undefined) {
    opened.push(
      import("../../adapters/alert-channels/http-channels.ts").then(({ createSlackChannel }) =>
        createSlackChannel({ url: slackUrl, secrets }),
      ),
    );
  }
  if (webhookUrl !== undefined) {
    opened.push(
      import("../../adapters/alert-channels/http-channels.ts").then(({ createWebhookChannel }) =>
        createWebhookChannel({ url: webhookUrl, secrets }),
      ),
    );
  }
  if (email) {
    opened.push(
      import("../../adapters/alert-channels/email-channel.ts").then(({ createEmailChannel }) =>
        createEmailChannel({ ...email, secrets }),
      ),
    );
  }
  return Promise.all(opened);
}
