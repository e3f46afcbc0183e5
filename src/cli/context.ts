import { readFileSync, statSync, type Stats } from "node:fs";
import { ConfigError } from "../config/problems.ts";
import { loadConfig, type Config } from "../config/config.ts";
import { gatherSources, type Sources } from "../config/sources.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { createQuietOutput } from "../telemetry/quiet-output.ts";
import { identityOf } from "../telemetry/service-identity.ts";
import { openService, type Given, type Service } from "../app/service.ts";
import { VERSION } from "../app/version.ts";
import { join } from "node:path";

/** What the shell gives a command. */
export type Context = {
  process: NodeJS.Process;
  /** Settings given as flags, by setting name. */
  flags: Record<string, string>;
  /** Replaces `.env`; the file must exist. */
  envFile?: string;
  given?: Given;
};

/** Reads all sources of settings. Throws a ConfigError where a named file cannot be read. */
export function readSources({ process, flags, envFile }: Context): Sources {
  const path = envFileOf({ envFile });
  const text = readText(path, envFile !== undefined);
  return gatherSources({
    flags,
    env: process.env,
    envFile: text === undefined ? undefined : { path, text },
  });
}

function envFileOf({ envFile }: { envFile?: string | undefined }): string {
  return envFile ?? ".env";
}

function readText(path: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!mustExist && error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([], [`${path}: cannot be read (${why})`]);
  }
}

type Opening = {
  needsEmbedder: boolean;
  needsKafka?: boolean;
  /** It asks the language model, where one is set. */
  asksModel?: boolean;
  /** Standard output holds nothing but the answer. */
  answerOnStdout: boolean;
  /** Logs go to a file even where LOG_FILE is not set. */
  logsToFile?: boolean;
  /** The command runs until it is stopped, so tracing is loaded. */
  lasting?: boolean;
  /** Warns about the HTTP server's reachability. Default: `lasting`. */
  serves?: boolean;
  /** Prints nothing on success. */
  quiet?: boolean;
};

type Opened = {
  config: Config;
  logger: Logger;
  service: Service;
  /** A quiet command reports that it was incomplete. */
  failed(): void;
} & AsyncDisposable;

/** Opens settings, logger and service of one command; disposing closes them. */
export async function openCommand(
  context: Context,
  {
    needsEmbedder,
    needsKafka = false,
    asksModel = false,
    answerOnStdout,
    logsToFile = false,
    lasting = false,
    serves = lasting,
    quiet = false,
  }: Opening,
): Promise<Opened> {
  const { config, warnings } = loadConfig(readSources(context), {
    needsEmbedder,
    needsKafka,
    asksModel,
    logsToFile,
    serves,
  });
  const exposures = exposedFiles({ envFile: envFileOf(context), stateDir: config.stateDir });
  const { stdout, stderr, pid } = context.process;
  const stream = answerOnStdout ? stderr : stdout;
  const quietly = quiet ? createQuietOutput(stream) : undefined;
  let failed = false;
  const identity = identityOf(config.service, { version: VERSION, pid });
  const logger = createLogger({
    level: config.log.level,
    format: config.log.format,
    file: config.log.file === "" ? undefined : config.log.file,
    secrets: config.secrets,
    service: identity,
    stream: quietly?.stream ?? stream,
  });
  for (const warning of warnings) {
    logger.log("warn", warning, { "event.action": "setting-unknown" });
  }
  for (const warning of exposures) {
    logger.log("warn", warning, { "event.action": "file-exposed" });
  }
  const service = openService(config, logger, context.given);
  const reopenFiles = () => {
    void logger.reopenFile();
    void service.state.retry();
  };
  context.process.on("SIGHUP", reopenFiles);
  if (lasting) await service.startTracing(identity);
  return {
    config,
    logger,
    service,
    failed: () => void (failed = true),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      context.process.off("SIGHUP", reopenFiles);
      await logger.close();
      quietly?.conclude(failed);
    },
  };
}

/** Warnings about files with secrets or state that other users may read or change. */
export function exposedFiles({
  envFile,
  stateDir,
}: {
  envFile: string;
  stateDir: string;
}): string[] {
  const stampKey = join(stateDir, "stamp.key");
  return [
    ...exposed(envFile, 0o026, "holds secrets", `chmod 600 ${envFile}`),
    ...exposed(stateDir, 0o027, "holds this service's state", `chmod 700 ${stateDir}`),
    ...exposed(stampKey, 0o077, "holds the key that signs stamps", `chmod 600 ${stampKey}`),
  ];
}

/** Undefined also where it cannot be read; opening the file reports why. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function exposed(path: string, bits: number, what: string, command: string): string[] {
  const found = statsOf(path);
  if (!found || process.platform === "win32") return [];
  // Devices and pipes store nothing, and /dev/null is public.
  if (!found.isFile() && !found.isDirectory()) return [];
  const isOwn = found.uid === process.getuid?.();
  // A container's mounts belong to another user, and no other user is there; a shared /tmp is different.
  if (!isOwn && (found.mode & 0o1000) === 0) return [];
  if ((found.mode & bits) === 0) return [];
  const todo = isOwn ? command : "name a folder of its own in STATE_DIR";
  return [`${path} ${what}, and other users of this machine may read or change it: ${todo}`];
}
