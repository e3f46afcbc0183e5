/** What a line of a log is, and how much it says about a failure. */
export type Verdict = {
  /** 0: nothing. About 3: may be a part of it. About 6: says that something failed. 10: says what failed. */
  weight: number;
  kind: "plain" | "error" | "summary" | "exit" | "step" | "place";
};

type Rule = { kind: Verdict["kind"]; weight: number; form: RegExp };

/**
 * The forms in which programs say that they failed. The first rule of the highest weight counts. Each form is linear: no
 * repetition stands inside another.
 */
const RULES: readonly Rule[] = [
  // How a process ended.
  {
    kind: "exit",
    weight: 10,
    form: /##\[error\]|^::error\b|\b(?:exit(?:ed|ing)?|exit(?:ed|ing)? with|failed with|completed with|terminated with|returned|status)(?: a)?(?: non-zero)?(?: exit)? ?(?:code|status)\b ?(?:was|is|of)?[:= ]*-?[1-9]\d{0,9}\b|\bexit(?: |-|_)?(?:status|code)[:= ]+[1-9]\d{0,9}\b|\breturned non-zero\b|\bexited (?:abnormally|by signal|on signal)\b|\bCommand failed\b/i,
  },
  // What was counted at the end.
  {
    kind: "summary",
    weight: 10,
    form: /\b[1-9]\d{0,8} (?:tests? |specs? |suites? |examples? |checks? |of \d{1,9} tests? )?(?:failed|failures?|failing|errors?|broken|problems?|offenses?|violations?|vulnerabilities)\b|\b(?:failures|errors|failed)[:=] ?[1-9]\d{0,8}\b|\b(?:build|tests?|compilation|task|job|pipeline|deployment|stage|step|check|hook)\b.{0,40}\b(?:failed|failure|unsuccessful)\b|\b(?:failed|failure)!?$|\bresult: (?:failed|failure)/i,
  },
  // Who failed.
  {
    kind: "error",
    weight: 10,
    form: /^[\s|>#*-]{0,12}(?:FAIL(?:ED|URE)?|ERROR|FATAL|PANIC|CRITICAL|ABORT(?:ED)?)\b(?!s)|^\s{0,12}(?:●|✕|✗|✘|✖|×|❌|not ok\b)|^\s{0,8}--- FAIL|^[\s|>]{0,12}(?:fatal|panic|abort|segfault|critical)\b ?:/,
  },
  {
    kind: "error",
    weight: 10,
    form: /^(?:\s{0,12}|E\s{1,8}|.{0,120}?: )(?:[\w$]{1,80}[./\\:]{1,2}){0,12}[A-Z][\w$]{0,80}(?:Error|Exception|Failure|Fault|Panic|Timeout|Interrupt|Warning)\b(?=:|\s*$|\()|^\s{0,12}Caused by\b|^ ?---> |\bException in thread\b|\bpanicked at\b|\b(?:unhandled|uncaught)\b/i,
  },
  {
    kind: "error",
    weight: 9,
    form: /(?:^|[^\w.])(?:fatal |internal |syntax |type |compile |link |runtime )?error(?:\[\w{1,20}\]| [A-Z]{1,6}\d{1,6}| \(\w{1,40}\))?:|\bsegmentation fault\b|\bcore dumped\b|\bout of memory\b|\boom-?kill|\bstack overflow\b|\bassertion\b.{0,60}\bfailed\b|\bkilled\b|\bbad gateway\b|\bHTTP(?:\/[\d.]{1,3})? [45]\d\d\b|\bdeadlock\b/i,
  },
  {
    kind: "error",
    weight: 8,
    form: /^E\s{1,8}\S|\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|EMERG|ALERT)\b/,
  },
  {
    kind: "error",
    weight: 6,
    form: /\b(?:could not|cannot|can't|couldn't|unable to|failed to|not permitted|permission denied|access denied|denied|forbidden|unauthorized|refused|timed out|timeout exceeded|unreachable|no space left|not found|no such|does not exist|doesn't exist|must be|was expected|mismatch(?:ed)?|rejected|incompatible|unresolved|corrupt(?:ed)?|undefined reference|would reformat)\b|^\s{0,8}(?:Expected|Received|Actual|expected|actual|got|want|left|right)\b ?:|\bno \w{1,20} found\b/i,
  },
  {
    kind: "error",
    weight: 5,
    form: /\b(?:error|exception|fail(?:s|ed|ure|ures|ing)?|fatal|abort(?:ed|ing)?|crash(?:ed)?|invalid|illegal|unexpected|unknown|unsupported|missing|violation|conflict|expired|exceeded|broken)\b/i,
  },
  {
    kind: "place",
    weight: 3.5,
    form: /(?:^|[\s("'[])[^\s:()"']{1,200}\.[A-Za-z]{1,6}(?:x|pp)?(?::\d{1,7}|\(\d{1,7})|^\s{0,12}-->|^\s{0,12}File "[^"]{1,300}", line \d|^Traceback \(most/,
  },
  { kind: "plain", weight: 2.5, form: /\bwarn(?:ing)?\b|\bdeprecat|\bretry(?:ing)?\b|\bassert/i },
  {
    kind: "step",
    weight: 1,
    form: /^##\[group\](?:Run )?|^\[command\]|^(?:\$|\+{1,3}|>) \S|^#{1,4} |^Complete job name:|^={3,} .{1,100} ={3,}$/,
  },
];

/** Words of failure that say of nothing that it failed. */
const HARMLESS =
  /\b(?:0|no|zero|without) (?:\w{1,20} )?(?:errors?|failures?|failed|warnings?|problems?)\b|\b(?:errors?|failures?|failed|warnings?)[:=] ?0\b|\b(?:PASS(?:ED)?|XFAIL|XPASS|SKIP(?:PED)?)\b|\b(?:xfail|passed)\b|\.\.\. ?ok$|^\s{0,12}(?:✓|✔|ok )|(?:error|fail|exception)[\w./-]{0,60}\.(?:js|ts|rs|py|o|h|c|go|java|html|md|json|crate|whl)\b|(?:--?|-W)[\w-]{0,40}(?:error|fail)|^(?:Download|Compil|Install|Unpack|Fetch|Select|Prepar|Sett?ing up|Collect|Check|Add|Copy|Extract|Pull)\w{0,10}\b/i;
/** What stays of a line's weight where it is harmless by its words. */
const HARMLESS_SHARE = 0.25;

/** `line` is without escapes and the time before it. Linear in its length, of which 1,000 characters are read. */
export function judgeLine(line: string): Verdict {
  const read = line.length > 1000 ? line.slice(0, 1000) : line;
  for (const { kind, weight, form } of RULES) {
    if (!form.test(read)) continue;
    const harmless = kind !== "step" && kind !== "place" && HARMLESS.test(read);
    // Counts beside each other, as in "1 failed, 20 passed", say that something failed.
    return harmless && kind !== "summary" && kind !== "exit"
      ? { kind: "plain", weight: weight * HARMLESS_SHARE }
      : { kind, weight };
  }
  return { kind: "plain", weight: 0 };
}
