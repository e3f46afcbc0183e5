import { access, glob, readFile, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

export type Jdk = { home: string; major: number };

const INSTALLED = ["/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home"];

/** Every JDK (not mere runtime) that JAVA_HOME, the usual folders and the PATH lead to, lowest version first. */
export async function findJdks(env: NodeJS.ProcessEnv = process.env): Promise<Jdk[]> {
  const homes = new Set<string>();
  if (env["JAVA_HOME"]) homes.add(env["JAVA_HOME"]);
  for await (const home of glob(INSTALLED)) homes.add(home);
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const java = await realpath(join(folder, "java")).catch(() => undefined);
    if (java) homes.add(dirname(dirname(java)));
  }
  // Distributions link one installation under several names.
  const real = await Promise.all([...homes].map((home) => realpath(home).catch(() => home)));
  const found = await Promise.all([...new Set(real)].map(readJdk));
  return found.filter((jdk) => jdk !== undefined).toSorted((a, b) => a.major - b.major);
}

/** The lowest version that fits: what a server was built for, rather than what came out since. */
export function chooseJdk(jdks: readonly Jdk[], minimumMajor: number): Jdk | undefined {
  return jdks
    .filter((jdk) => jdk.major >= minimumMajor)
    .toSorted((a, b) => a.major - b.major)
    .at(0);
}

async function readJdk(home: string): Promise<Jdk | undefined> {
  try {
    // A runtime without the compiler can neither launch a source file nor unpack a zip.
    await Promise.all(["java", "javac", "jar"].map((tool) => access(join(home, "bin", tool))));
    const release = await readFile(join(home, "release"), "utf8");
    const major = /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(release)?.[1];
    return major ? { home, major: Number(major) } : undefined;
  } catch {
    return undefined;
  }
}
