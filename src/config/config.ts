import { textSecrets, userSecrets } from "./addresses.ts";
import { alertConfig } from "./groups/alerts.ts";
import { modelOfStoredVectors } from "./groups/embedder-choice.ts";
import { embeddingConfig, limitsConfig, modelConfig, modelDirConfig } from "./groups/embedding.ts";
import { explainConfig, mcpConfig } from "./groups/explain.ts";
import { httpConfig } from "./groups/http.ts";
import { kafkaConfig, tailConfig } from "./groups/kafka.ts";
import { backfillConfig, logsConfig, sweepConfig, vectorConfig } from "./groups/logs.ts";
import { memoryConfig } from "./groups/memory.ts";
import { openSearchConfig } from "./groups/opensearch.ts";
import { serviceConfig, tracingConfig } from "./groups/running.ts";
import { ConfigError, textProblems } from "./problems.ts";
import type { ReadFile } from "./problems.ts";
import { combinationProblems, warningsOn } from "./rules.ts";
import type { Needs } from "./rules.ts";
import type { Setting } from "./setting.ts";
import { SETTING_NAMES, SETTINGS, settingReader } from "./settings.ts";
import type { SettingName, SettingReader } from "./settings.ts";
import type { ResolvedSetting, Sources } from "./sources.ts";

export type Config = ReturnType<typeof build>;

export type LoadOptions = Needs & {
  /** Logs go to the default file where LOG_FILE is not set. Default: true. */
  logsToFile?: boolean;
  /** The command serves HTTP, so warnings about its reachability are shown. Default: false. */
  serves?: boolean;
  /** Reads the files that settings name. */
  readFile?: ReadFile;
};

export type LoadedConfig = {
  config: Config;
  resolved: readonly ResolvedSetting[];
  warnings: string[];
};

/** Reads the settings. Throws one ConfigError with all problems. */
export function loadConfig(sources: Sources, options: LoadOptions): LoadedConfig {
  const { settings } = sources;
  const reader = settingReader(settings);
  const problems = [
    ...textProblems(settings, reader, options.readFile),
    ...combinationProblems(reader, options),
  ];
  if (problems.length + sources.problems.length > 0) {
    throw new ConfigError(problems, sources.problems);
  }
  const config = build(reader, options.logsToFile ?? true);
  return { config, resolved: settings, warnings: warningsOn(config, sources, options) };
}

function build(reader: SettingReader, logsToFile: boolean) {
  const { read, need, given } = reader;
  const stored = modelOfStoredVectors(reader);
  return {
    opensearch: openSearchConfig(reader),
    logs: logsConfig(reader),
    ...vectorsConfig(reader),
    /** In force instead, where the store has vectors of this model and none of the other. Absent: that is not asked. */
    ...(stored && { ofStoredVectors: vectorsConfig(reader, stored) }),
    backfill: backfillConfig(reader),
    /** Undefined: sweeps by hand only. */
    sweep: sweepConfig(reader),
    memory: memoryConfig(reader),
    /** Undefined without brokers. */
    kafka: kafkaConfig(reader),
    tail: tailConfig(reader),
    modelDir: modelDirConfig(reader),
    cache: { maxEntries: need("CACHE_MAX_ENTRIES"), ttlMs: need("CACHE_TTL_SECONDS") * 1000 },
    limits: limitsConfig(reader),
    explain: explainConfig(reader),
    mcp: mcpConfig(reader),
    /** Undefined: off. */
    http: httpConfig(reader),
    /** Undefined: no alerts. */
    alerts: alertConfig(reader),
    log: {
      level: need("LOG_LEVEL"),
      format: need("LOG_FORMAT"),
      file: logsToFile || given("LOG_FILE") ? read("LOG_FILE") : undefined,
    },
    service: serviceConfig(reader),
    /** Undefined: off. */
    tracing: tracingConfig(reader),
    stateDir: need("STATE_DIR"),
    /** Undefined: the key in the state directory. */
    stampKey: read("STAMP_KEY"),
    secrets: secretsIn(reader),
  };
}

function vectorsConfig(reader: SettingReader, chosen?: ReturnType<typeof modelOfStoredVectors>) {
  const inForce = modelConfig(reader, chosen);
  return {
    vector: { ...vectorConfig(reader), dimensions: inForce.dimensions },
    /** The model whose vectors count as coverage. */
    inForce,
    /** Undefined only where no embedder is needed or configured. */
    embedding: embeddingConfig(reader, chosen),
  };
}

const MIN_SECRET_CHARACTERS = 4;

/** Texts that no log may show. Shorter ones are left out, because masking them would garble everything. */
export function secretsIn(reader: SettingReader): string[] {
  const username = reader.read("OPENSEARCH_USER") ?? "";
  const password = reader.read("OPENSEARCH_PASSWORD");
  const all = [
    ...SETTING_NAMES.flatMap((name) => secretsOf(name, reader)),
    ...userSecrets(password === undefined ? undefined : { username, password }),
  ];
  return [...new Set(all.filter((secret) => secret.length >= MIN_SECRET_CHARACTERS))];
}

function secretsOf(name: SettingName, { read }: SettingReader): string[] {
  const { kind, secret }: Setting = SETTINGS[name];
  const value = read(name);
  if (value === undefined) return [];
  return kind.secretsOf?.(value) ?? (secret && typeof value === "string" ? textSecrets(value) : []);
}
