import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { STAMP_KEY } from "../fakes/signer.ts";
import { leaksIn, leaksInFiles, secretsGiven } from "../asserts/leaks.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/main.ts");
/** A command that hangs must not hold up the tests for ever. */
const MAX_RUN_MS = 15 * 60_000;

export type CommandOptions = {
  /** Settings, undefined for unset; of this process's environment the command gets next to nothing. */
  env?: Record<string, string | undefined>;
  /** Where it runs; default: a fresh folder. */
  folder?: string;
  /** Another script in its place. */
  script?: string;
};

export type Ended = {
  /** null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
};

export type RunningCommand = {
  pid: number;
  folder: string;
  ended: Promise<Ended>;
  /** Everything it has printed so far, on either stream. */
  printed(): string;
  /** Waits until the output matches. Throws, with the output, where the command ends before. */
  says(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
};

/** Runs `log-vectorizer ARGS` as a process of its own until it ends. Throws where it hangs. */
export async function runVectorizer(
  t: Pick<TestContext, "after">,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  const command = await startVectorizer(t, args, options);
  return command.ended;
}

/**
 * Starts `log-vectorizer ARGS`; it ends with the test at the latest. The test fails where the command gives away what it
 * was told in confidence, on its streams or in a file.
 */
export async function startVectorizer(
  t: Pick<TestContext, "after">,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<RunningCommand> {
  const { folder = await temporaryFolder(t), script = MAIN } = options;
  const env: Record<string, string | undefined> = {
    LOG_FILE: "",
    // Others run at the same time.
    HTTP_PORT: "0",
    STAMP_KEY,
    STATE_DIR: join(folder, "state"),
    ...options.env,
  };
  const secrets = await secretsGiven({ env, args, folder });
  const startedAt = Date.now();
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder,
    env: { ...inherited(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child);
  const ended = endOf(child, output, args);
  const kept = [folder, env["STATE_DIR"] ?? folder, env["LOG_FILE"] || folder];
  const files = [...new Set(kept.map((path) => resolve(folder, path)))];
  const leaks = ended
    .catch(() => undefined)
    .then(async () => [
      ...leaksIn(output.all(), secrets),
      ...(await leaksInFiles(files, secrets, startedAt)),
    ]);
  // Its files are looked through before the test may take them away.
  const endedAndSeen = leaks.catch(() => undefined).then(() => ended);
  endedAndSeen.catch(() => undefined);
  t.after(async () => {
    child.kill("SIGKILL");
    assert.deepEqual(await leaks, [], `log-vectorizer ${args.join(" ")} gives away`);
  });
  return {
    pid: child.pid ?? 0,
    folder,
    ended: endedAndSeen,
    printed: output.all,
    says: (pattern) => says(child, output, pattern),
    kill: (signal) => void child.kill(signal),
  };
}

/** A folder that is gone after the test. */
export async function temporaryFolder(t: Pick<TestContext, "after">): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "log-vectorizer-test-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function inherited(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "NODE_V8_COVERAGE"];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}

type Output = ReturnType<typeof collect>;

function collect(child: ChildProcess) {
  const texts = { stdout: "", stderr: "", all: "" };
  let whole = false;
  child.once("close", () => (whole = true));
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      texts.all += text;
      child.emit("printed");
    });
  }
  return { streams: () => texts, all: () => texts.all, isWhole: () => whole };
}

async function endOf(child: ChildProcess, output: Output, args: readonly string[]): Promise<Ended> {
  const { promise, resolve: end, reject } = Promise.withResolvers<Ended>();
  const hangs = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new Error(`log-vectorizer ${args.join(" ")} does not end:\n${output.all()}`));
  }, MAX_RUN_MS);
  child.once("error", reject);
  // `close` comes after the streams have ended, `exit` perhaps before.
  child.once("close", (code, signal) => {
    const { stdout, stderr } = output.streams();
    end({ code, signal, stdout, stderr });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(hangs);
  }
}

function says(child: ChildProcess, output: Output, pattern: RegExp): Promise<void> {
  const { promise, resolve: said, reject } = Promise.withResolvers<void>();
  const look = () => {
    // A line is looked at once it is whole, for what stands behind the pattern may be wanted too.
    const printed = output.all();
    if (pattern.test(printed.slice(0, printed.lastIndexOf("\n") + 1))) said();
  };
  const tooLate = () => reject(new Error(`it ended and never said ${pattern}:\n${output.all()}`));
  child.on("printed", look);
  child.once("close", tooLate);
  look();
  // What it printed last may still come after its end.
  if (output.isWhole()) tooLate();
  return promise.finally(() => {
    child.off("printed", look);
    child.off("close", tooLate);
  });
}
