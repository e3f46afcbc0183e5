/** An image as a file names it. */
export type NamedImage = {
  /** With its registry where it names one: `node`, `prom/prometheus`, `registry.example.com/log-vectorizer`. */
  name: string;
  /** Where it is pinned: the one of the comment. */
  tag: string | undefined;
  /** `sha256:` and 64 hex digits. */
  digest: string | undefined;
};

/** The digest that an image is to have from now on; undefined leaves its line as it is. */
export type Pin = (image: NamedImage) => string | undefined;

/**
 * The text of a Dockerfile, a compose file, a manifest, a kustomization or a chart's values with the digests that `pin`
 * gives. A pinned image keeps its tag as a comment: behind it in YAML, in the line above it in a Dockerfile.
 * `appVersion` stands where a chart's values leave the tag to the chart.
 */
export function pinLines(file: string, text: string, pin: Pin, appVersion: string): string {
  const lines = text.split("\n");
  const pinned = /(?:^|\/)Dockerfile$/.test(file)
    ? pinDockerfile(lines, pin)
    : pinYaml(lines, pin, appVersion);
  return pinned.join("\n");
}

/** All images that a file names. */
export function imagesIn(file: string, text: string, appVersion: string): NamedImage[] {
  const images: NamedImage[] = [];
  const look = (image: NamedImage) => void images.push(image);
  pinLines(file, text, look, appVersion);
  return images;
}

function pinDockerfile(lines: readonly string[], pin: Pin): string[] {
  const stages = new Set<string>();
  const written: string[] = [];
  for (const line of lines) {
    const [, before = "", reference = "", after = ""] =
      /^(FROM (?:--platform=\S+ )?)(\S+)(.*)$/i.exec(line) ?? [];
    if (reference !== "" && !stages.has(reference)) {
      const above = written.at(-1) ?? "";
      const image = readReference(reference, tagAbove(above, reference));
      const digest = pin(image);
      if (digest !== undefined) {
        if (image.digest === undefined) written.push(`# ${image.name}:${image.tag}`);
        written.push(`${before}${image.name}@${digest}${after}`);
      }
      if (digest === undefined) written.push(line);
    } else {
      written.push(line);
    }
    const [, stage] = / AS (\S+)\s*$/i.exec(after) ?? [];
    if (stage !== undefined) stages.add(stage);
  }
  return written;
}

function pinYaml(lines: readonly string[], pin: Pin, appVersion: string): string[] {
  /** Of the lines before: a kustomization's or a chart's name of the image, and its tag. */
  let name: string | undefined;
  let tag: string | undefined;
  return lines.map((line) => {
    const [, before = "", key, value = "", comment] =
      /^((?:\s*- |\s+)(image|newName|newTag|repository|tag|digest): )(\S*)(?: # (\S+))?$/.exec(
        line,
      ) ?? [];
    const bare = value.replaceAll(/^"|"$/g, "");
    if (key === "newName" || key === "repository") name = bare;
    if (key === "tag") tag = bare || appVersion;
    if (key === "image") {
      const image = readReference(bare, comment ?? "");
      const digest = pin(image);
      return digest === undefined ? line : `${before}${image.name}@${digest} # ${image.tag}`;
    }
    const isTag = key === "newTag";
    if (name === undefined || !(isTag || key === "digest")) return line;
    const image = isTag
      ? { name, tag: bare, digest: undefined }
      : { name, tag: comment ?? tag, digest: bare || undefined };
    name = undefined;
    tag = undefined;
    const digest = pin(image);
    if (digest === undefined) return line;
    return `${before.replace("newTag", "digest")}${digest} # ${image.tag}`;
  });
}

function tagAbove(line: string, reference: string): string {
  const start = `# ${reference.split("@")[0]}:`;
  return line.startsWith(start) ? line.slice(start.length) : "";
}

/** `comment` is the tag where the reference has a digest instead. */
function readReference(reference: string, comment: string): NamedImage {
  const [rest = "", digest] = reference.split("@");
  const [, name = rest, tag] = /^(.+):([^:/]+)$/.exec(rest) ?? [];
  return {
    name,
    tag: tag ?? (digest === undefined || comment === "" ? undefined : comment),
    digest,
  };
}
