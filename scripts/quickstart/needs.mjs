// Plain JavaScript: what is missing is said before Node 24 is installed.
import { chooseJdk, JDK_OF_OPENSEARCH_3, OLDEST_JDK } from "../local-servers/jdk.mjs";

/**
 * What was seen on this machine.
 *
 * @typedef {object} Seen
 * @property {boolean} dependencies Whether node_modules is there and current.
 * @property {boolean} npm Whether npm can be run.
 * @property {string} [registry] Why npm's registry cannot be used; absent where it can, or is not needed.
 * @property {import("../local-servers/engine.mjs").EngineState} engine
 * @property {boolean} maven
 * @property {readonly import("../local-servers/jdk.mjs").Jdk[]} jdks
 * @property {string[]} lookedForJdks Where they were looked for.
 * @property {boolean} jars Whether the jars of OpenSearch and Kafka have been fetched before.
 * @property {{ folder: string, freeMegabytes: number }[]} disks Where dependencies, jars, and data go to, in this order.
 */

/**
 * What the system is, by its /etc/os-release.
 *
 * @typedef {object} System
 * @property {string} name
 * @property {"apt" | "dnf" | "apk" | "pacman" | "zypper" | "brew" | "winget" | undefined} packages
 * @property {string} jdk The package with a JDK that fits.
 * @property {boolean} isRoot
 */

/** Measured on Linux, with some room: node_modules, jars with what Maven keeps of them, logs and indices. */
const MEGABYTES = { dependencies: 700, jars: 400, data: 300 };

/**
 * What nothing can be shown without.
 *
 * @param {Seen} seen
 * @returns {string[]}
 */
export function cannotRun({ dependencies, npm, registry, disks: [checkout] }) {
  if (dependencies) return [];
  const missing = [];
  if (!npm)
    missing.push('npm: "npm" is not on the PATH; it comes with Node from https://nodejs.org');
  if (registry) missing.push(`npm's registry: ${registry}`);
  const room = tooLittle(checkout, MEGABYTES.dependencies, "the dependencies");
  return room ? [...missing, room] : missing;
}

/**
 * What is missing to start OpenSearch and Kafka; none where they can be started one way or the other.
 *
 * @param {Seen} seen
 * @returns {string[]}
 */
export function cannotStartServers(seen) {
  const { engine, maven, jdks, lookedForJdks, jars, disks } = seen;
  const [, jarDisk, dataDisk] = disks;
  const room = tooLittle(dataDisk, MEGABYTES.data, "their data");
  // Where containers keep their data is not known here.
  if (engine === "ready") return [];
  const missing = [];
  if (!jars && !maven) missing.push('Maven: "mvn" is not on the PATH');
  if (!chooseJdk(jdks, OLDEST_JDK)) {
    const old = jdks.map(({ home, major }) => `${major} in ${home}`).join(", ");
    missing.push(
      `a JDK with javac, version ${OLDEST_JDK} or later (${JDK_OF_OPENSEARCH_3} for OpenSearch 3): ` +
        (old ? `there is only ${old}` : `there is none in ${lookedForJdks.join(", ")}`),
    );
  }
  const jarRoom = jars ? undefined : tooLittle(jarDisk, MEGABYTES.jars, "OpenSearch and Kafka");
  for (const problem of [jarRoom, room]) if (problem) missing.push(problem);
  return missing.length > 0 ? [ENGINE[engine], ...missing] : [];
}

const ENGINE = {
  ready: "",
  "no client": 'Docker with Compose: "docker" is not on the PATH',
  "no engine":
    "Docker with Compose: the client is here, but no engine answers it (systemctl start docker, or Docker Desktop)",
  "no compose": "Docker with Compose: an engine answers, but the plugin Compose is missing",
};

/**
 * @param {Seen["disks"][number] | undefined} disk
 * @param {number} needed
 * @param {string} what
 */
function tooLittle(disk, needed, what) {
  if (!disk || disk.freeMegabytes >= needed) return undefined;
  return `room on the disk: ${what} take ${needed} MB in ${disk.folder}, where ${disk.freeMegabytes} MB are free`;
}

/**
 * The packages that are missing of Maven and a JDK.
 *
 * @param {Seen} seen
 * @param {System} system
 * @returns {string[]}
 */
export function missingPackages({ maven, jars, jdks }, { jdk }) {
  return [...(maven || jars ? [] : ["maven"]), ...(chooseJdk(jdks, OLDEST_JDK) ? [] : [jdk])];
}

/**
 * Whether these packages are all that is missing: none of them makes room on a disk.
 *
 * @param {Seen} seen
 */
export function packagesWillDo(seen) {
  const jdk = { home: "", major: JDK_OF_OPENSEARCH_3 };
  return cannotStartServers({ ...seen, maven: true, jdks: [jdk] }).length === 0;
}

/**
 * The first line of a run that cannot start servers: what is missing, and how this system gets it.
 *
 * @param {readonly string[]} packages
 * @param {System} system
 * @returns {string}
 */
export function missingLine(packages, system) {
  const lines = installLines(packages, system);
  if (lines.length === 0) return "A real OpenSearch and Kafka cannot be started on this machine.";
  const names = packages.map((name) => (name === system.jdk ? "a JDK" : "Maven")).join(" and ");
  return `Missing for a real OpenSearch and Kafka: ${names} (or Docker with Compose). On ${system.name}: ${lines.join(" && ")}`;
}

/**
 * The lines that install packages on this system.
 *
 * @param {readonly string[]} packages
 * @param {System} system
 * @returns {string[]}
 */
export function installLines(packages, { packages: manager, jdk, isRoot }) {
  if (packages.length === 0) return [];
  const sudo = isRoot ? "" : "sudo ";
  const names = packages.join(" ");
  switch (manager) {
    case "apt":
      return [`${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends ${names}`];
    case "dnf":
      return [`${sudo}dnf install ${names}`];
    case "apk":
      return [`${sudo}apk add ${names}`];
    case "pacman":
      return [`${sudo}pacman -S ${names}`];
    case "zypper":
      return [`${sudo}zypper install ${names}`];
    case "brew":
      return packages.includes(jdk)
        ? [
            `brew install ${names}`,
            `export JAVA_HOME="$(brew --prefix ${jdk})/libexec/openjdk.jdk/Contents/Home"`,
          ]
        : [`brew install ${names}`];
    case "winget":
      return [
        ...(packages.includes(jdk) ? [`winget install ${jdk}`] : []),
        ...(packages.includes("maven") ? ["Maven from https://maven.apache.org"] : []),
      ];
    default:
      return ["Maven from https://maven.apache.org, a JDK 21 from https://adoptium.net"];
  }
}

/**
 * @param {{ osRelease: string, platform: NodeJS.Platform, isRoot: boolean }} facts
 * @returns {System}
 */
export function systemOf({ osRelease, platform, isRoot }) {
  if (platform === "darwin") return { name: "macOS", packages: "brew", jdk: "openjdk@21", isRoot };
  if (platform === "win32") {
    return { name: "Windows", packages: "winget", jdk: "EclipseAdoptium.Temurin.21.JDK", isRoot };
  }
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "";
  const ids = [field("ID"), ...field("ID_LIKE").split(" ")];
  const name = field("PRETTY_NAME") || field("NAME") || platform;
  const like = (/** @type {string[]} */ ...known) => ids.some((id) => known.includes(id));
  if (like("debian", "ubuntu")) {
    return { name, packages: "apt", jdk: debianJdk(field("ID"), field("VERSION_ID")), isRoot };
  }
  if (like("fedora", "rhel", "centos")) {
    return { name, packages: "dnf", jdk: "java-21-openjdk-devel", isRoot };
  }
  if (like("alpine")) return { name, packages: "apk", jdk: "openjdk21", isRoot };
  if (like("arch")) return { name, packages: "pacman", jdk: "jdk21-openjdk", isRoot };
  if (like("suse", "opensuse")) {
    return { name, packages: "zypper", jdk: "java-21-openjdk-devel", isRoot };
  }
  return { name, packages: undefined, jdk: "a JDK", isRoot };
}

/**
 * The default JDK of some releases is too old, and not each release has each version.
 *
 * @param {string} id
 * @param {string} version
 */
function debianJdk(id, version) {
  const release = Number.parseInt(version, 10);
  if (id === "ubuntu") return release >= 20 ? "openjdk-21-jdk-headless" : "openjdk-17-jdk-headless";
  if (id === "debian" && release >= 13) return "openjdk-21-jdk-headless";
  if (id === "debian" && release >= 11) return "openjdk-17-jdk-headless";
  return "default-jdk-headless";
}
