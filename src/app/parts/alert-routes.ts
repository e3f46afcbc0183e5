import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { AlertRoutes } from "../../alerting/errors/alert-routes.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problems.ts";

const SETTING_OF = {
  slack: "ALERT_SLACK_WEBHOOK_URL",
  webhook: "ALERT_WEBHOOK_URL",
  email: "ALERT_SMTP_URL",
} as const;

/** Which alerts about errors go where, and when. Throws a ConfigError where the file is not of its form. */
export async function openAlertRoutes({ alerts }: Pick<Config, "alerts">): Promise<AlertRoutes> {
  const { alertRoutesShape, NO_ROUTES } = await import("../../alerting/errors/alert-routes.ts");
  const path = alerts?.errors.routesFile;
  if (path === undefined) return NO_ROUTES;
  const { parse } = await import("yaml");
  const refuse = (reason: string) => {
    const sentence = `${JSON.stringify(path)}, but ${reason}`;
    return new ConfigError([{ name: "ALERT_ROUTES_FILE", sentence }]);
  };
  let content: unknown;
  try {
    content = parse(await readFile(path, "utf8"), { prettyErrors: true });
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw refuse(`it cannot be read as YAML or JSON: ${line.replace(/:$/, "")}`);
  }
  const read = alertRoutesShape.safeParse(content ?? {});
  if (!read.success) throw refuse(read.error.issues.map(sayIssue).join("; "));
  for (const [at, { channels }] of read.data.routes.entries()) {
    const wrong = channels.find((name) => !isSet(name, alerts));
    if (wrong) {
      throw refuse(`routes[${at}].channels: ${wrong} is no channel here; set ${SETTING_OF[wrong]}`);
    }
  }
  return read.data;
}

function isSet(name: keyof typeof SETTING_OF, alerts: Config["alerts"]): boolean {
  return (
    { slack: alerts?.slackUrl, webhook: alerts?.webhookUrl, email: alerts?.email }[name] !==
    undefined
  );
}

/** "routes[0].levels: Invalid input: expected array, received string". */
function sayIssue({ path, message }: z.core.$ZodIssue): string {
  const where = z.core.toDotPath(path);
  return where === "" ? message : `${where}: ${message}`;
}
