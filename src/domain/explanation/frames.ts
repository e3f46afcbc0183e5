/** A frame as Java, .NET, JavaScript and Rust print it. */
const AT = /^\s{1,40}at \S/;
const PYTHON = /^\s{1,40}File "[^"]{1,500}", line \d+/;
/** As Go prints where a function was; the function is the line before. */
const GO_PLACE = /^\t\S{1,500}\.(?:go|s):\d+/;
const RUBY = /^\s{1,40}(?:from )?[^\s:]{1,300}\.rb:\d+:in /;
const NUMBERED = /^\s{0,8}#?\d{1,4}[: ]\s{1,3}\S/;
const OMITTED = /^\s{1,40}\.{3} \d+ (?:more|common frames omitted)/;
/** Code below that of any application: runtimes, frameworks, packages. */
const LIBRARY =
  /\bat (?:async )?(?:[\w.@-]{1,80}\/{1,2})?(?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|akka|clojure|groovy|System|Microsoft|MS\.|Npgsql|Newtonsoft|reactor|rx|io\.(?:netty|grpc|micrometer|undertow|vertx|quarkus|micronaut|reactivex|opentelemetry)|org\.(?:springframework|apache|hibernate|junit|eclipse|gradle|jboss|mockito|aspectj|postgresql|thymeleaf|quartz)|com\.(?:fasterxml|zaxxer|google|mysql|mongodb|netflix)|okhttp3|retrofit2|feign|lombok|new Promise|Promise\.)[./\s]|node:|\(internal\/|<anonymous>\)$|node_modules|site-packages|dist-packages|\/usr\/(?:lib|local\/lib|local\/go|local\/share)\/|\/go\/pkg\/mod\/|\/vendor\/|\.cargo\/registry|\/rustc\/|\/gems\/|<frozen |\/lib\/python\d|\/runtime\/\w{1,30}\.(?:go|s):|^(?:runtime|reflect|net\/http|testing|created by runtime)[./]/;

/** Lines of one run of frames, `from` included, `to` not. */
export type Trace = {
  from: number;
  to: number;
  /** The frames from the one where the failure happened outwards: its lines, and whether the application wrote it. */
  frames: { lines: number[]; isOwn: boolean }[];
  /** The exception stands behind the frames (Python), not before them. */
  isExceptionBehind: boolean;
};

/** The runs of frames in a text, in order. Linear. */
export function tracesIn(lines: readonly string[]): Trace[] {
  const traces: Trace[] = [];
  for (let i = 0; i < lines.length;) {
    const trace = readTrace(lines, i);
    if (trace) traces.push(trace);
    i = trace ? trace.to : i + 1;
  }
  return traces;
}

function readTrace(lines: readonly string[], from: number): Trace | undefined {
  const frames: Trace["frames"] = [];
  let isPython = false;
  let i = from;
  while (i < lines.length) {
    const at = i;
    const line = lines[i] ?? "";
    const next = lines[i + 1] ?? "";
    if (PYTHON.test(line)) {
      isPython = true;
      i++;
      // The line of code, and marks below it.
      while (i - at < 4 && /^\s{4,60}\S/.test(lines[i] ?? "") && !PYTHON.test(lines[i] ?? "")) i++;
    } else if (AT.test(line) || OMITTED.test(line) || RUBY.test(line)) i++;
    else if (GO_PLACE.test(next) && isGoCall(line)) i += 2;
    else if (NUMBERED.test(line) && AT.test(next)) i += 2;
    else break;
    const own = lines.slice(at, i);
    frames.push({
      lines: own.map((_, n) => at + n),
      isOwn: !own.some((text) => LIBRARY.test(text) || OMITTED.test(text)),
    });
  }
  if (frames.length === 0) return undefined;
  if (isPython) frames.reverse();
  return { from, to: i, frames, isExceptionBehind: isPython };
}

/** `main.(*Bank).Charge(0x0)`, `created by main.main in goroutine 1`, or the name alone. */
function isGoCall(line: string): boolean {
  if (!/^\S/.test(line) || !line.includes(".")) return false;
  return line.endsWith(")") || line.startsWith("created by ") || !/\s/.test(line);
}
