import type { z } from "zod";
import { ALERTS, hasAlertChannel } from "./groups/alerts.ts";
import { CACHE, EMBEDDING, LIMITS } from "./groups/embedding.ts";
import { EXPLAIN } from "./groups/explain.ts";
import { HTTP } from "./groups/http.ts";
import { KAFKA_TAIL } from "./groups/kafka.ts";
import { BACKFILL, LOGS, SWEEP, VECTORS } from "./groups/logs.ts";
import { MEMORY_OF_ERRORS } from "./groups/memory.ts";
import { OPENSEARCH } from "./groups/opensearch.ts";
import { RUNNING, TRACES } from "./groups/running.ts";
import { isNot, isSet } from "./setting.ts";
import type { Condition, Setting } from "./setting.ts";
import type { ResolvedSetting } from "./sources.ts";

/** All settings, in the order of help and the docs. */
const TABLE = {
  ...OPENSEARCH,
  ...LOGS,
  ...VECTORS,
  ...BACKFILL,
  ...SWEEP,
  ...MEMORY_OF_ERRORS,
  ...KAFKA_TAIL,
  ...EMBEDDING,
  ...LIMITS,
  ...CACHE,
  ...EXPLAIN,
  ...HTTP,
  ...TRACES,
  ...ALERTS,
  ...RUNNING,
};

export type SettingName = keyof typeof TABLE;

type SettingValues = {
  [Name in SettingName]: z.output<(typeof TABLE)[Name]["kind"]["schema"]>;
};

type SettingValue<Name extends SettingName> = SettingValues[Name];

type SettingsByName = { readonly [Name in SettingName]: Setting<SettingValues[Name], SettingName> };

export const SETTINGS: SettingsByName = TABLE;

export const SETTING_NAMES: readonly SettingName[] = Object.keys(TABLE).filter(isSettingName);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(TABLE, name);
}

/** `usedWhen` holds for all settings of the group but those that the condition is about. */
type Group = {
  title: string;
  settings: object;
  usedWhen?: readonly Condition<SettingName>[];
};

const GROUPS: readonly Group[] = [
  { title: "OpenSearch", settings: OPENSEARCH },
  { title: "Logs", settings: LOGS },
  { title: "Vectors", settings: VECTORS },
  { title: "Backfill", settings: BACKFILL },
  { title: "Sweep", settings: SWEEP },
  { title: "Memory of errors", settings: MEMORY_OF_ERRORS },
  { title: "Kafka tail", settings: KAFKA_TAIL, usedWhen: [isSet("KAFKA_BOOTSTRAP_SERVERS")] },
  { title: "Embedding", settings: EMBEDDING },
  { title: "Limits", settings: LIMITS },
  { title: "Cache", settings: CACHE },
  { title: "Explanations", settings: EXPLAIN },
  { title: "HTTP", settings: HTTP, usedWhen: [isNot("HTTP_PORT", "0")] },
  {
    title: "Traces",
    settings: TRACES,
    usedWhen: [
      isSet("OTEL_EXPORTER_OTLP_ENDPOINT"),
      isNot("OTEL_SDK_DISABLED", "true"),
      isNot("OTEL_TRACES_EXPORTER", "none"),
    ],
  },
  { title: "Alerts", settings: ALERTS, usedWhen: [hasAlertChannel] },
  { title: "Running", settings: RUNNING },
];

export function groupOf(name: SettingName): Group {
  const group = GROUPS.find(({ settings }) => Object.hasOwn(settings, name));
  if (group === undefined) throw new Error(`${name} is in no group of settings`);
  return group;
}

/** Why a setting has no effect beside the others, a clause; undefined where it has one. */
export function whyUnused(name: SettingName, reader: SettingReader): string | undefined {
  const { usedWhen = [], requires = [] } = SETTINGS[name];
  const ofGroup = groupOf(name).usedWhen?.filter(({ about }) => !about.includes(name)) ?? [];
  return [...ofGroup, ...usedWhen, ...requires]
    .map(({ unmet }) => unmet(reader))
    .find((reason) => reason !== undefined);
}

export type SettingReader = {
  /** The value; undefined where unset, switched off or malformed. */
  read<Name extends SettingName>(name: Name): SettingValue<Name> | undefined;
  /** The value of a valid setting with a default. */
  need<Name extends SettingName>(name: Name): SettingValue<Name>;
  /** Whether it is set explicitly, to any value; a default does not count. */
  given(name: SettingName): boolean;
  /** Whether its text is invalid. */
  malformed(name: SettingName): boolean;
};

export function settingReader(settings: readonly ResolvedSetting[]): SettingReader {
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  const textOf = (name: SettingName): string | undefined => byName.get(name)?.text || undefined;
  const read = <Name extends SettingName>(name: Name): SettingValue<Name> | undefined =>
    SETTINGS[name].kind.schema.safeParse(textOf(name)).data;
  return {
    read,
    need(name) {
      const value = read(name);
      if (value === undefined) throw new Error(`${name} has neither a value nor a default`);
      return value;
    },
    given: (name) => textOf(name) !== undefined && byName.get(name)?.origin !== "default",
    malformed: (name) => textOf(name) !== undefined && read(name) === undefined,
  };
}

/** The flag with its placeholder, `--opensearch-host <host>`; none for a secret. */
export function settingFlag(name: SettingName): string | undefined {
  const { secret, kind } = SETTINGS[name];
  if (secret === true) return undefined;
  return `--${name.toLowerCase().replaceAll("_", "-")} ${kind.placeholder}`;
}

/** Settings given as flags, by name; `options` is what commander's `opts()` answers. */
export function flagTexts(options: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const given = options[flagAttribute(name)];
    // A flag without a value.
    const text = given === true ? "true" : given;
    if (typeof text === "string" && settingFlag(name) !== undefined) texts[name] = text;
  }
  return texts;
}

/** The key of a flag in commander's `opts()`: `opensearchHost`. */
export function flagAttribute(name: SettingName): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
