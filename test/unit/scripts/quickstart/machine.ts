import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { TestContext } from "node:test";

import { readSystem } from "../../../../scripts/quickstart/look.mjs";

const SCRIPTS = resolve(import.meta.dirname, "../../../../scripts");
const START = join(SCRIPTS, "start-quickstart.mjs");
/** What any system has; programs that the quickstart or a stand-in calls. */
const BASICS = ["sh", "mkdir", "touch", "cat", "ln", "sleep"];
/** What the samples come to, with servers or without. */
export const SAMPLES_DONE =
  /Coverage before[^]*total +62 +0 +0 +62 [^]*Coverage after[^]*total +62 +62 +0 +0 [^]*6\. Errors like[^]*0\.\d{3} .* invoice-worker +ERROR +.*database connection/;

/** Where there is no program that gives another a pseudo-terminal. */
export const NO_TERMINAL = await onPath("script").then(
  () => false,
  () => "no script (util-linux) on the PATH",
);
/** The tests of what is offered to root on Debian and Ubuntu are not for other systems. */
export const NOT_DEBIAN = readSystem().packages === "apt" ? false : "this is no Debian";
/** The real package manager is for root; its stand-in is for anybody. */
const AS_ROOT = preload("process.getuid = () => 0;");

/** For `--import`: runs before a script. */
export function preload(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code).replaceAll("'", "%27")}`;
}

export type Machine = Awaited<ReturnType<typeof bareMachine>>;

/**
 * A machine with Node and npm on its PATH and nothing else: no Java, no Maven, no pip, no Docker, no JDK in any folder that is
 * looked at, no model. It has a temporary folder of its own.
 */
export async function bareMachine(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), "bare-machine-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const [bin, jdks, temporary] = [join(home, "bin"), join(home, "jdks"), join(home, "tmp")];
  for (const folder of [bin, jdks, temporary]) await mkdir(folder);
  for (const name of BASICS) await symlink(await onPath(name), join(bin, name));
  await symlink(process.execPath, join(bin, "node"));
  const env: NodeJS.ProcessEnv = {
    HOME: home,
    PATH: bin,
    TMPDIR: temporary,
    LOCAL_SERVERS_JDKS: jdks,
    LOCAL_SERVERS_FOLDER: join(home, "jars"),
    MODEL_DIR: join(home, "models"),
  };
  const program = async (name: string, script: string, folder = bin) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  return {
    home,
    bin,
    jdks,
    env,
    program,
    /** What its temporary folder holds. */
    left: () => readdir(temporary),
    /** A checkout in which nothing is installed, with a stand-in for npm that notes what it is asked. */
    async checkout(npm = "exit 0") {
      const folder = join(home, "checkout");
      await cp(SCRIPTS, join(folder, "scripts"), { recursive: true });
      await writeFile(join(folder, "package-lock.json"), "{}");
      await program("npm", `echo "$@" >> "${join(home, "npm-calls")}"\n${npm}`);
      return {
        script: join(folder, "scripts/start-quickstart.mjs"),
        npmCalls: () => readFile(join(home, "npm-calls"), "utf8").catch(() => ""),
      };
    },
    run: (args: string[], { root = false, script = START } = {}) =>
      started(t, process.execPath, [...(root ? ["--import", AS_ROOT] : []), script, ...args], env),
    /** As root on a pseudo-terminal; what is written to its stdin is typed. */
    async runOnTerminal() {
      const command = `'${process.execPath}' --import '${AS_ROOT}' '${START}'`;
      return started(t, await onPath("script"), ["-qefc", command, "/dev/null"], env);
    },
  };
}

/** Takes the place of apt-get: notes its arguments, and puts Maven and a JDK in place. `java`: what its Java does. */
export async function withPackages({ home, bin, jdks, program }: Machine, java: string) {
  const store = join(home, "packages");
  const makeFolder = '-DoutputDirectory=*) mkdir -p "${a#*=}"';
  await program("mvn", `for a in "$@"; do case $a in ${makeFolder};; esac; done`, store);
  for (const tool of ["javac", "jar"]) await program(tool, "exit 0", join(store, "jdk/bin"));
  await program("java", java, join(store, "jdk/bin"));
  await writeFile(join(store, "jdk/release"), 'JAVA_VERSION="21.0.4"\n');
  const calls = join(home, "apt-calls");
  const install = `ln -s "${store}/mvn" "${bin}/mvn"; ln -s "${store}/jdk" "${jdks}/jdk"`;
  await program("apt-get", `echo "$@" >> "${calls}"\ncase "$1" in install) ${install};; esac`);
  return { aptCalls: () => readFile(calls, "utf8").catch(() => "") };
}

function started(t: TestContext, program: string, args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(program, args, { stdio: "pipe", env });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  const seen = new Map<string, () => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const [wanted, resume] of seen) if (output.includes(wanted)) resume();
    });
  }
  const closed = once(child, "close");
  return {
    child,
    /** Resolves once it has printed this; throws where it ends without. */
    async printed(wanted: string) {
      const isPrinted = new Promise<void>((resume) => seen.set(wanted, resume));
      await Promise.race([isPrinted, closed]);
      if (!output.includes(wanted)) throw new Error(`It ended without "${wanted}":\n${output}`);
    },
    async end() {
      const [code] = await closed;
      return { code, output };
    },
  };
}

async function onPath(name: string): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if ((await readdir(folder).catch((): string[] => [])).includes(name)) return join(folder, name);
  }
  throw new Error(`no ${name} on the PATH`);
}
