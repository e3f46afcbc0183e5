import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

type Texts = Readonly<Record<string, string | undefined>>;

const MARK = "canary-7f3a";

/** A secret for a log's text, a header, or a key: it must come up in nothing that is printed or kept by anybody. */
export function planted(name: string): string {
  return `${MARK}-${name}`;
}

/** Below this a secret cannot be told from other text. */
const MIN_CHARACTERS = 4;

/** What the command was told and must not tell: by the names of its settings, flags and `.env` lines, and in URLs. */
export async function secretsGiven(given: {
  env: Texts;
  args: readonly string[];
  folder: string;
}): Promise<string[]> {
  const { env, args, folder } = given;
  const file = await readFile(join(folder, ".env"), "utf8").catch(() => "");
  const lines = file.matchAll(/^\s*(?:export\s+)?(\w+)\s*=\s*(["']?)(.*?)\2\s*$/gm);
  const flags = args.flatMap((arg, i) => {
    const [, name = "", value = args[i + 1]] = /^--([a-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    return name ? [[name.replaceAll("-", "_").toUpperCase(), value] as const] : [];
  });
  const settings = [
    ...Object.entries(env),
    ...flags,
    ...[...lines].map(([, name = "", , value]) => [name, value] as const),
  ];
  const secrets = settings.flatMap(([name, value = ""]) => {
    return /(PASSWORD|SECRET|TOKEN|_KEY)$/.test(name) ? [value] : passwordsIn(value);
  });
  return [...new Set(secrets.filter((secret) => secret.length >= MIN_CHARACTERS))];
}

function passwordsIn(value: string): string[] {
  const addresses = value.matchAll(/\w+:\/\/([^\s/:@]*):([^\s/@]+)@/g);
  return [...addresses].flatMap(([, user = "", password = ""]) => {
    const plain = decoded(password);
    return [password, plain, Buffer.from(`${decoded(user)}:${plain}`).toString("base64")];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of it a text gives away, in whatever form, and whether it could steer a terminal; none is as it should be. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  const leaks = secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
  const around = new RegExp(`.{0,80}${MARK}[\\w-]*`).exec(text);
  if (around) leaks.push(around[0]);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = /[^\n]{0,80}[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.exec(text);
  if (control) leaks.push(`a control character: ${JSON.stringify(control[0])}`);
  return leaks;
}

function formsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  return [
    secret,
    encodeURIComponent(wellFormed),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ];
}

/** The same for files and folders, as far as they were written since; those that are not there hold nothing. */
export async function leaksInFiles(
  paths: readonly string[],
  secrets: readonly string[],
  sinceMs: number,
): Promise<string[]> {
  const leaks: string[] = [];
  for (const path of paths) {
    // What the test gave to the command, perhaps in the very millisecond of its start.
    if (basename(path) === ".env") continue;
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) {
      const inside = (await orGone(readdir(path), [])).map((name) => resolve(path, name));
      leaks.push(...(await leaksInFiles(inside, secrets, sinceMs)));
    } else if (found?.isFile() && found.mtimeMs >= sinceMs) {
      const read = await orGone(readFile(path, "utf8"), "");
      // Vectors are numbers in binary, which nobody reads in a terminal.
      const text = path.endsWith(".spool") ? withoutControls(read) : read;
      leaks.push(...leaksIn(text, secrets).map((leak) => `${path}: ${leak}`));
    }
  }
  return leaks;
}

function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, " ");
}

/** Others write in the same folder, and replace their files. */
async function orGone<T>(read: Promise<T>, gone: T): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return gone;
    throw error;
  }
}
