import { isSlip, nearestName } from "./nearest-name.ts";
import { SETTING_NAMES, SETTINGS, isSettingName, type SettingName } from "./settings.ts";

export type Origin = "flag" | "environment" | ".env" | "default";

/** A setting's effective text and its origin; undefined where unset without a default. */
export type ResolvedSetting = { name: SettingName; text: string | undefined; origin: Origin };

/** A name that resembles a setting. */
type UnknownName = {
  name: string;
  origin: Origin;
  nearest: SettingName | undefined;
};

export type Sources = {
  /** In the table's order. */
  settings: readonly ResolvedSetting[];
  unknown: readonly UnknownName[];
  problems: readonly string[];
};

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Each setting's text: flag over environment over `.env` over default. An empty text counts as unset, unless it means
 * off. `flags` are by setting name.
 */
export function gatherSources(from: {
  flags: Readonly<Record<string, string>>;
  env: Texts;
  envFile: { path: string; text: string } | undefined;
}): Sources {
  const { flags, env, envFile } = from;
  const file = parseEnvFile(envFile?.text ?? "", envFile?.path ?? ".env");
  const fileTexts = Object.fromEntries(file.values);
  const layers: [Origin, Texts][] = [
    ["flag", flags],
    ["environment", env],
    [".env", fileTexts],
    ["environment", systemdFolders(env)],
  ];
  return {
    settings: SETTING_NAMES.map((name) => resolve(name, layers)),
    unknown: [
      ...unknownNames("environment", env, ENVIRONMENT_PREFIXES),
      ...unknownNames(".env", fileTexts, ENV_FILE_PREFIXES),
    ],
    problems: file.problems,
  };
}

function resolve(name: SettingName, layers: readonly [Origin, Texts][]): ResolvedSetting {
  for (const [origin, texts] of layers) {
    const text = texts[name];
    if (text === undefined) continue;
    if (text !== "" || SETTINGS[name].emptyMeans === "off") return { name, text, origin };
  }
  return { name, text: SETTINGS[name].default, origin: "default" };
}

/** systemd's StateDirectory= folders, separated by colons. */
function systemdFolders(env: Texts): Texts {
  return { STATE_DIR: env["STATE_DIRECTORY"]?.split(":")[0] };
}

const ENVIRONMENT_PREFIXES =
  /^(OPENSEARCH|BACKFILL|EMBEDDING|ENRICHMENT|OTEL_TRACES|OTEL_EXPORTER_OTLP)_/;
const ENV_FILE_PREFIXES =
  /^(OPENSEARCH|BACKFILL|EMBEDDING|ENRICHMENT|VECTOR|CACHE|ALERT|KAFKA|TAIL|CONSUMER|OTEL)_/;

/** Shared with other tools in the environment, so only near misses are reported. */
const SHARED_PREFIXES = /^(KAFKA|TAIL|CONSUMER)_/;

/** Variables of OpenSearch and its images, of Kubernetes services, or of OpenTelemetry signals that are not sent. */
const NOT_OURS =
  /^OPENSEARCH_(JAVA_OPTS|JAVA_HOME|HOME|HEAP|PATH_CONF|TMPDIR|INITIAL_ADMIN_PASSWORD|VERSION|SERVICE_.*|PORT_\d+_.*)$|^OTEL_EXPORTER_OTLP_(METRICS|LOGS)_/;

function unknownNames(origin: Origin, texts: Texts, prefixes: RegExp): UnknownName[] {
  return Object.entries(texts)
    .filter(([name, text]) => text !== undefined && !isSettingName(name))
    .filter(([name]) => looksLikeOurs(name, prefixes))
    .map(([name]) => ({ name, origin, nearest: nearestName(name) }));
}

function looksLikeOurs(name: string, prefixes: RegExp): boolean {
  if (SHARED_PREFIXES.test(name) && isSlip(name)) return true;
  return prefixes.test(name) && !NOT_OURS.test(name);
}

type EnvFile = {
  values: Map<string, string>;
  /** One sentence per malformed line, without the line, which may contain a secret. */
  problems: string[];
};

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;

/**
 * Reads lines of `NAME=value`. A value extends to the end of its line, `#` included, without surrounding blanks and one
 * pair of quotes; the last line for a name counts.
 */
export function parseEnvFile(text: string, path: string): EnvFile {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    // trim() also removes a byte order mark.
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      problems.push(
        `${path}, line ${at + 1}: expected NAME=value, or a comment that begins with #`,
      );
      continue;
    }
    values.set(name, withoutQuotes(value.trim()));
  }
  return { values, problems };
}

function withoutQuotes(value: string): string {
  const quoted = /^"(.*)"$|^'(.*)'$/.exec(value);
  return quoted?.[1] ?? quoted?.[2] ?? value;
}
