import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cannotRun,
  cannotStartServers,
  installLines,
  missingLine,
  missingPackages,
  packagesWillDo,
  systemOf,
  type Seen,
} from "../../../../scripts/quickstart/needs.mjs";

const ROOM = [
  { folder: "/checkout", freeMegabytes: 50_000 },
  { folder: "/jars", freeMegabytes: 50_000 },
  { folder: "/tmp", freeMegabytes: 50_000 },
];
/** A machine with Node and npm, and nothing else. */
const BARE: Seen = {
  dependencies: false,
  npm: true,
  engine: "no client",
  maven: false,
  jdks: [],
  lookedForJdks: ["/usr/lib/jvm", "the PATH"],
  jars: false,
  disks: ROOM,
};
const JDK = { home: "/jdk", major: 21 };

test("all that is missing for servers is named at once", () => {
  const [docker = "", maven = "", jdk = "", ...rest] = cannotStartServers(BARE);
  assert.match(docker, /^Docker with Compose: "docker" is not on the PATH/);
  assert.match(maven, /^Maven: "mvn" is not on the PATH/);
  assert.match(jdk, /^a JDK with javac, version 17 .*none in \/usr\/lib\/jvm, the PATH/);
  assert.deepEqual(rest, []);
});

test("an engine alone is enough, and so are Maven and a JDK; a client without an engine is not", () => {
  assert.deepEqual(cannotStartServers({ ...BARE, engine: "ready" }), []);
  assert.deepEqual(cannotStartServers({ ...BARE, maven: true, jdks: [JDK] }), []);
  assert.match(cannotStartServers({ ...BARE, engine: "no engine" })[0] ?? "", /no engine answers/);
  assert.match(
    cannotStartServers({ ...BARE, engine: "no compose" })[0] ?? "",
    /Compose is missing/,
  );
});

test("jars that were fetched before need no Maven", () => {
  assert.deepEqual(cannotStartServers({ ...BARE, jars: true, jdks: [JDK] }), []);
});

test("a JDK that is too old is named with its folder", () => {
  const old = { ...BARE, maven: true, jdks: [{ home: "/jdk-11", major: 11 }] };
  assert.match(cannotStartServers(old).join("\n"), /there is only 11 in \/jdk-11/);
});

test("too little room on a disk is said, with how much there is", () => {
  const [checkout = assert.fail(), jars = assert.fail(), data = assert.fail()] = ROOM;
  const full = [checkout, jars, { ...data, freeMegabytes: 12 }];
  const able = { ...BARE, maven: true, jdks: [JDK] };
  assert.match(
    cannotStartServers({ ...able, disks: full }).join("\n"),
    /their data take 300 MB in \/tmp, where 12 MB are free/,
  );
  const small = [{ ...checkout, freeMegabytes: 90 }, jars, data];
  assert.match(cannotRun({ ...BARE, disks: small }).join("\n"), /dependencies take .* 90 MB/);
  assert.deepEqual(cannotRun({ ...BARE, dependencies: true, disks: small }), []);
});

test("packages are offered only where nothing else is missing", () => {
  assert.equal(packagesWillDo(BARE), true);
  const full = ROOM.map((disk) => ({ ...disk, freeMegabytes: 1 }));
  assert.equal(packagesWillDo({ ...BARE, disks: full }), false);
});

test("without npm or its registry nothing can be shown, unless the dependencies are there", () => {
  const none = { ...BARE, npm: false };
  assert.match(cannotRun(none).join("\n"), /"npm" is not on the PATH/);
  assert.match(cannotRun({ ...BARE, registry: "no answer" }).join("\n"), /registry: no answer/);
  assert.deepEqual(cannotRun({ ...none, dependencies: true }), []);
  assert.deepEqual(cannotRun(BARE), []);
});

for (const [system, osRelease, line] of [
  [
    "Debian 12",
    'ID=debian\nVERSION_ID="12"',
    /^apt-get update && apt-get install .* maven openjdk-17/,
  ],
  ["Debian 13", 'ID=debian\nVERSION_ID="13"', /maven openjdk-21-jdk-headless$/],
  [
    "Ubuntu 22.04",
    'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"',
    /maven openjdk-21-jdk-headless$/,
  ],
  ["Mint", 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"', /maven default-jdk-headless$/],
  ["Fedora", "ID=fedora\nVERSION_ID=43", /^dnf install maven java-21-openjdk-devel$/],
  ["Rocky", 'ID="rocky"\nID_LIKE="rhel centos fedora"', /^dnf install maven java-21/],
  ["Alpine", "ID=alpine", /^apk add maven openjdk21$/],
  ["Arch", "ID=arch", /^pacman -S maven jdk21-openjdk$/],
  ["openSUSE", 'ID="opensuse-leap"\nID_LIKE="suse opensuse"', /^zypper install maven java-21/],
  ["another", "ID=plan9", /^Maven from https:.* a JDK 21 from https:/],
] as const) {
  test(`the lines for ${system} are its own`, () => {
    const known = systemOf({ osRelease, platform: "linux", isRoot: true });
    assert.match(installLines(missingPackages(BARE, known), known)[0] ?? "", line);
  });
}

test("on macOS the JDK is not found by itself, so there is a second line", () => {
  const system = systemOf({ osRelease: "", platform: "darwin", isRoot: false });
  assert.deepEqual(installLines(missingPackages(BARE, system), system), [
    "brew install maven openjdk@21",
    'export JAVA_HOME="$(brew --prefix openjdk@21)/libexec/openjdk.jdk/Contents/Home"',
  ]);
});

test("without root the line has sudo, and it names only what is missing", () => {
  const system = systemOf({ osRelease: "ID=fedora", platform: "linux", isRoot: false });
  const withMaven = missingPackages({ ...BARE, maven: true }, system);
  assert.deepEqual(installLines(withMaven, system), ["sudo dnf install java-21-openjdk-devel"]);
  assert.deepEqual(
    installLines(missingPackages({ ...BARE, maven: true, jdks: [JDK] }, system), system),
    [],
  );
});

test("the first line says what is missing and how this system gets it", () => {
  const debian = systemOf({
    osRelease: 'PRETTY_NAME="Debian 13"\nID=debian\nVERSION_ID=13',
    platform: "linux",
    isRoot: true,
  });
  assert.equal(
    missingLine(missingPackages(BARE, debian), debian),
    "Missing for a real OpenSearch and Kafka: Maven and a JDK (or Docker with Compose). On Debian 13: " +
      "apt-get update && apt-get install --no-install-recommends maven openjdk-21-jdk-headless",
  );
  const windows = systemOf({ osRelease: "", platform: "win32", isRoot: false });
  const withMaven = { ...BARE, maven: true };
  assert.equal(
    missingLine(missingPackages(withMaven, windows), windows),
    "Missing for a real OpenSearch and Kafka: a JDK (or Docker with Compose). On Windows: " +
      "winget install EclipseAdoptium.Temurin.21.JDK",
  );
});

test("where no package is missing, only room, the first line names none", () => {
  const system = systemOf({ osRelease: "ID=debian", platform: "linux", isRoot: true });
  const line = missingLine([], system);
  assert.equal(line, "A real OpenSearch and Kafka cannot be started on this machine.");
});
