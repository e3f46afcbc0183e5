import type { Spans } from "./spans.ts";

const BEGIN = /-{4,5} ?BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
const END = /-{4,5} ?END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
/** Signs of a real key: a line end, or letters that no prose has. */
const OF_KEY = /\n|\\n|\\r|[A-Za-z0-9+/=]{20}|\b(?:MI[GI]|b3Bl)[A-Za-z0-9+/=]{4}/;

/** Private keys in PEM, PGP and SSH2, to their end or to the end of a cut text. */
export function findKeyBlocks(text: string, spans: Spans): void {
  if (text.includes("PRIVATE KEY")) findPrivateKeys(text, spans);
  if (text.includes("PuTTY-User-Key-File")) findPuttyKeys(text, spans);
  if (text.includes("LS0t")) findEncodedKeys(text, spans);
  if (text.includes('kty"')) findWebKeys(text, spans);
}

function findPrivateKeys(text: string, spans: Spans): void {
  BEGIN.lastIndex = 0;
  for (let begin; (begin = BEGIN.exec(text));) {
    END.lastIndex = BEGIN.lastIndex;
    const end = END.exec(text);
    const stop = end ? END.lastIndex : text.length;
    const body = text.slice(BEGIN.lastIndex, end ? end.index : stop);
    if (OF_KEY.test(end ? body : body.slice(0, 64))) {
      spans.add(begin.index, stop);
      BEGIN.lastIndex = stop;
    } else if (!end) return;
  }
}

const PRIVATE_LINES = /Private-Lines: ?\d+(?:\r?\n|(?:\\r)?\\n)/g;
const PUTTY_END = /Private-MAC: ?[0-9a-f]*/g;

function findPuttyKeys(text: string, spans: Spans): void {
  PRIVATE_LINES.lastIndex = 0;
  while (PRIVATE_LINES.test(text)) {
    const start = PRIVATE_LINES.lastIndex;
    // Already masked.
    if (text.startsWith("***", start)) continue;
    PUTTY_END.lastIndex = start;
    const stop = PUTTY_END.test(text) ? PUTTY_END.lastIndex : text.length;
    spans.add(start, stop);
    PRIVATE_LINES.lastIndex = stop;
  }
}

/** "-----BEGIN … PRIVATE KEY" in base64, as Kubernetes shows it. */
const ENCODED =
  /LS0tLS1CRUdJTi(?:BSU0Eg|BQUklW|BFQyBQ|BPUEVO|BFTkNS|BEU0Eg|BQR1AgUFJJ)[A-Za-z0-9+/]{0,}={0,2}/g;

function findEncodedKeys(text: string, spans: Spans): void {
  for (const key of text.matchAll(ENCODED)) spans.add(key.index, key.index + key[0].length);
}

/** Private members of a JSON Web Key. */
const WEB_KEY_MEMBER = /\\{0,7}"(?:d|p|q|dp|dq|qi|k)\\{0,7}"\s{0,4}:\s{0,4}\\{0,7}"([\w-]{16,})/g;

function findWebKeys(text: string, spans: Spans): void {
  for (const { index, 0: all, 1: value = "" } of text.matchAll(WEB_KEY_MEMBER)) {
    spans.add(index + all.length - value.length, index + all.length);
  }
}
