import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { runCommand } from "../../../src/adapters/process/run-command.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
/** Installing from a registry, on a slow machine. */
const STEP_TIMEOUT_MS = 10 * 60_000;

/** How this machine reaches a registry. */
const REGISTRY_VARIABLES =
  /^(?:npm_config_(?:registry|cache|userconfig|cafile)|https?_proxy|no_proxy|node_extra_ca_certs)$/i;

type Instruction = { name: string; text: string };
type Stage = { name: string | undefined; base: string; steps: Instruction[] };

export type Dockerfile = {
  stages: Stage[];
  env: Record<string, string>;
  /** Of the last stage, as lists of words. */
  entrypoint: string[];
  cmd: string[];
  healthcheck: string[];
  /** Folders of the image that volumes are for. */
  volumes: string[];
  user: string | undefined;
};

export async function readDockerfile(): Promise<Dockerfile> {
  const text = await readFile(join(CHECKOUT, "Dockerfile"), "utf8");
  const lines = text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n");
  const stages: Stage[] = [];
  for (const line of lines.filter((one) => one.trim() !== "")) {
    const [, name = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`Dockerfile: what is ${line}?`);
    if (name === "FROM") {
      const [, base = "", alias] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ name: alias, base, steps: [] });
    } else {
      stages.at(-1)?.steps.push({ name, text: rest });
    }
  }
  const last = stages.at(-1)?.steps ?? [];
  const one = (wanted: string) => last.find(({ name }) => name === wanted)?.text;
  const words = (wanted: string) => [...(one(wanted) ?? "").matchAll(/"([^"]*)"/g)];
  return {
    stages,
    env: Object.fromEntries(
      last
        .filter(({ name }) => name === "ENV")
        .flatMap(({ text: pairs }) => [...pairs.matchAll(/([A-Z_]+)=(?:"([^"]*)"|(\S+))/g)])
        .map(([, name = "", quoted, bare]) => [name, quoted ?? bare ?? ""]),
    ),
    entrypoint: words("ENTRYPOINT").map(([, word = ""]) => word),
    cmd: words("CMD").map(([, word = ""]) => word),
    healthcheck: words("HEALTHCHECK").map(([, word = ""]) => word),
    volumes: (one("VOLUME") ?? "").split(/\s+/),
    user: one("USER"),
  };
}

/** What `.dockerignore` lets into the build: all is out, and names behind a ! are in. */
async function contextNames(): Promise<string[]> {
  const lines = (await readFile(join(CHECKOUT, ".dockerignore"), "utf8")).trim().split("\n");
  const [first, ...names] = lines;
  if (first !== "*" || names.some((name) => !/^![\w.-]+$/.test(name))) {
    throw new Error(".dockerignore: only * and then lines such as !name are understood here");
  }
  return names.map((name) => name.slice(1));
}

export type BuiltImage = {
  /** The root folder of the last stage. */
  root: string;
  /** A path of the image as it is on this machine. */
  at(path: string): string;
  /** The environment of a process in it, Node's folder first. */
  env: Record<string, string>;
};

/**
 * Carries out the Dockerfile's steps in folders instead of containers: its COPY lines see what `.dockerignore` lets them
 * see, its RUN lines run with this Node. Users are left out, for the image's are not here.
 */
export async function buildImage(file: Dockerfile, folder: string): Promise<BuiltImage> {
  const bin = join(folder, "node-bin");
  await mkdir(bin);
  await symlink(process.execPath, join(bin, "node"));
  const names = await contextNames();
  const roots = new Map<string, string>();
  let root = folder;
  for (const [i, stage] of file.stages.entries()) {
    root = join(folder, `stage-${i}`);
    await mkdir(root);
    if (stage.name) roots.set(stage.name, root);
    let workdir = "/";
    for (const { name, text } of stage.steps) {
      if (name === "WORKDIR") workdir = text;
      const here = join(root, workdir);
      await mkdir(here, { recursive: true });
      if (name === "COPY") await copy(text, { here, names, roots });
      // This machine has packages of its own.
      if (name === "RUN" && !text.startsWith("apt-get ")) await run(text, { root, here, bin });
    }
  }
  const at = (path: string) => join(root, path);
  const paths = [at("/usr/local/bin"), bin, process.env["PATH"] ?? ""];
  return { root, at, env: { ...file.env, PATH: paths.join(":"), HOME: folder } };
}

type Copying = { here: string; names: readonly string[]; roots: ReadonlyMap<string, string> };

async function copy(text: string, { here, names, roots }: Copying): Promise<void> {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith("--from=") ? words.shift()?.slice("--from=".length) : undefined;
  const target = words.pop() ?? ".";
  for (const source of words) {
    const top = source.split("/")[0] ?? "";
    if (from === undefined && !names.includes(top)) {
      throw new Error(`COPY ${source}: .dockerignore keeps it out of the build`);
    }
    const path = join(from === undefined ? CHECKOUT : (roots.get(from) ?? "/nowhere"), source);
    // A folder's content goes into the target, a file beside what is there.
    const to = target.endsWith("/") ? join(here, target, source) : join(here, target);
    await mkdir(dirname(to), { recursive: true });
    await cp(path, to, { recursive: true, verbatimSymlinks: true });
  }
}

async function run(
  text: string,
  { root, here, bin }: { root: string; here: string; bin: string },
): Promise<void> {
  // The image's folders are below the root here, and its users are not on this machine.
  const command = text
    .replaceAll(/(?<=\s)\/(?=app\/|usr\/|var\/)/g, `${root}/`)
    .replaceAll(/ -[og] \w+(?= )/g, "");
  await mkdir(join(root, "usr/local/bin"), { recursive: true });
  const { PATH = "", HOME = "" } = process.env;
  // Not what an npm that runs the tests says of this checkout.
  const reaching = Object.entries(process.env).filter(([name]) => REGISTRY_VARIABLES.test(name));
  await runCommand({
    program: "/bin/sh",
    args: ["-c", command],
    folder: here,
    env: {
      ...Object.fromEntries(reaching),
      PATH: `${bin}:${PATH}`,
      HOME,
      npm_config_prefer_offline: "true",
    },
    timeoutMs: STEP_TIMEOUT_MS,
  });
}
