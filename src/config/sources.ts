import { SETTING_NAMES, SETTINGS, isSettingName, type SettingName } from "./settings.ts";

export const ORIGINS = ["flag", "environment", ".env", "default"] as const;
export type Origin = (typeof ORIGINS)[number];

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
    .map(([name]) => ({ name, origin, nearest: nearestOf(name, SETTING_NAMES) }));
}

function looksLikeOurs(name: string, prefixes: RegExp): boolean {
  const isSlip = () => SETTING_NAMES.some((known) => editDistance(name, known) <= MAX_SLIPS);
  if (SHARED_PREFIXES.test(name) && isSlip()) return true;
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

const MAX_SLIPS = 2;

/**
 * The name that is meant by an unknown one: within two typing errors, or one is a prefix of the other. In short names two
 * errors make another word.
 */
export function nearestOf<Name extends string>(
  unknown: string,
  names: readonly Name[],
): Name | undefined {
  let nearest: { name: Name; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(unknown, name);
    const length = Math.max(unknown.length, name.length);
    const slipped = distance <= MAX_SLIPS && distance < length / 2;
    const near = slipped || unknown.startsWith(name) || name.startsWith(unknown);
    if (near && (nearest === undefined || distance < nearest.distance))
      nearest = { name, distance };
  }
  return nearest?.name;
}

/** The Damerau-Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let above: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const beforeLast = above;
    above = current;
    current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const exchanged = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          (above[column - 1] ?? 0) + (same ? 0 : 1),
          (above[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          exchanged && row > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
  }
  return current[b.length] ?? 0;
}
