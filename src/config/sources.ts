import { parseEnvFile } from "./env-file.ts";
import { isSlip, nearestName } from "./nearest-name.ts";
import { SETTING_NAMES, SETTINGS, isSettingName } from "./settings.ts";
import type { SettingName } from "./settings.ts";

export type Origin = "flag" | "environment" | ".env" | "default";

/** A setting's text as it counts, and where it comes from; no text where nothing is set and there is no default. */
export type ResolvedSetting = { name: SettingName; text: string | undefined; origin: Origin };

/** A name that looks like one of ours and is none. */
type UnknownName = {
  name: string;
  origin: Origin;
  nearest: SettingName | undefined;
};

export type Sources = {
  /** Every setting, in the order of the table. */
  settings: readonly ResolvedSetting[];
  unknown: readonly UnknownName[];
  /** One sentence per malformed line of the `.env` file. */
  problems: readonly string[];
};

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Finds each setting's text: a flag wins over the environment, that over `.env`, that over the default. An empty text
 * counts as unset, save where it means off. Flags are given by the names of their settings.
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

/** systemd names the folders of a unit's StateDirectory= this way, separated by colons. */
function systemdFolders(env: Texts): Texts {
  return { STATE_DIR: env["STATE_DIRECTORY"]?.split(":")[0] };
}

const ENVIRONMENT_PREFIXES =
  /^(OPENSEARCH|BACKFILL|EMBEDDING|ENRICHMENT|OTEL_TRACES|OTEL_EXPORTER_OTLP)_/;
const ENV_FILE_PREFIXES =
  /^(OPENSEARCH|BACKFILL|EMBEDDING|ENRICHMENT|VECTOR|CACHE|ALERT|KAFKA|TAIL|CONSUMER|OTEL)_/;

/** In the environment mostly other tools', so that only a slip of ours counts. */
const SHARED_PREFIXES = /^(KAFKA|TAIL|CONSUMER)_/;

/** Read by OpenSearch itself and its images, set by Kubernetes for a service of that name, or about what is not sent. */
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
