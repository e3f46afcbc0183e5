import { userInfo } from "./addresses.ts";
import type { SettingReader } from "./setting-reader.ts";

const MIN_CHARACTERS = 4;

/**
 * Every text that no log may show: passwords and keys as given, escaped as in a URL, and as basic authentication sends
 * them. Those under four characters are left out: masking them would garble everything else.
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
  const all = [...secrets, kafka, escaped(kafka), read("OPENAI_API_KEY") ?? ""];
  return [...new Set(all.filter((secret) => secret.length >= MIN_CHARACTERS))];
}

function escaped(password: string): string {
  return encodeURIComponent(password.toWellFormed());
}

function basicToken({ username, password }: { username: string; password: string }): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}
