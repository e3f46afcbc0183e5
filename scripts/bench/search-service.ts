import { join } from "node:path";
import { loadConfig, type Config } from "../../src/config/config.ts";
import { gatherSources } from "../../src/config/sources.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { identityOf } from "../../src/telemetry/service-identity.ts";
import { openService, type Service } from "../../src/app/service.ts";
import type { Bench } from "./bench.ts";

/** The service with these settings and what it has by default; it logs errors alone. */
export function openWith({ folder }: Pick<Bench, "folder">, env: Record<string, string>): Service {
  return openService(configOf({ STATE_DIR: join(folder, "state"), ...env }, true), quietLogger());
}

/** Throws a ConfigError. */
export function configOf(env: NodeJS.ProcessEnv, needsEmbedder: boolean): Config {
  const sources = gatherSources({ flags: {}, env, envFile: undefined });
  return loadConfig(sources, { needsEmbedder, logsToFile: false }).config;
}

export function quietLogger() {
  return createLogger({
    level: "error",
    format: "human",
    file: undefined,
    secrets: [],
    service: identityOf({ name: "log-vectorizer" }, { version: "bench", pid: process.pid }),
    stream: process.stderr,
  });
}
