import { userOf } from "./alert-addresses.ts";
import { userInfo } from "./addresses.ts";
import type { SettingReader } from "./setting-reader.ts";

const MIN_CHARACTERS = 4;

/**
 * Texts that no log may show: passwords and keys as given, URL-escaped, and as basic authentication sends them. Shorter
 * than four characters are left out, because masking them would garble everything.
 */
export function secretsIn({ read }: SettingReader): string[] {
  const password = read("OPENSEARCH_PASSWORD");
  const users = [
    read("OPENSEARCH_URL")?.auth,
    password === undefined ? undefined : { username: read("OPENSEARCH_USER") ?? "", password },
    userInfo(read("OPENAI_BASE_URL") ?? ""),
    userInfo(read("AI_SERVICE_URL") ?? ""),
  ];
  const secrets = users.flatMap((user) =>
    user === undefined ? [] : [user.password, escaped(user.password), basicToken(user)],
  );
  const kafka = read("KAFKA_SASL_PASSWORD") ?? "";
  const all = [
    ...secrets,
    kafka,
    escaped(kafka),
    read("OPENAI_API_KEY") ?? "",
    read("HTTP_TOKEN") ?? "",
    read("STAMP_KEY") ?? "",
    ...headerSecrets(read("OTEL_EXPORTER_OTLP_HEADERS") ?? {}),
    ...webhookSecrets(read("ALERT_SLACK_WEBHOOK_URL")),
    ...webhookSecrets(read("ALERT_WEBHOOK_URL")),
    ...smtpSecrets(read("ALERT_SMTP_URL")?.auth),
  ];
  return [...new Set(all.filter((secret) => secret.length >= MIN_CHARACTERS))];
}

/** Each value, also without a leading word such as Bearer. */
function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [
    value,
    escaped(value),
    value.replace(/^\S+ +/, ""),
  ]);
}

/** Shorter path segments such as "/alerts" are not secret. */
const MIN_KEY_CHARACTERS = 12;

/** The address itself is a secret: the whole of it, and its unguessable parts. */
function webhookSecrets(text: string | undefined): string[] {
  if (text === undefined) return [];
  const url = new URL(text);
  const user = userOf(url);
  const values = [...url.searchParams.values(), ...url.pathname.split("/")];
  const keys = values.filter((value) => value.length >= MIN_KEY_CHARACTERS);
  const bare = url.pathname === "/" && url.search === "";
  const whole = bare ? [] : [text, url.href, `${url.host}${url.pathname}${url.search}`];
  return [...whole, ...keys, ...smtpSecrets(user)];
}

function smtpSecrets(user: { user: string; pass: string } | undefined): string[] {
  if (user === undefined) return [];
  const { pass } = user;
  return [pass, escaped(pass), basicToken({ username: user.user, password: pass })];
}

function escaped(password: string): string {
  return encodeURIComponent(password.toWellFormed());
}

function basicToken({ username, password }: { username: string; password: string }): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}
