// @ts-check

/**
 * Makes an element the same as another one and keeps what stays: whoever has the focus, has opened something or has
 * marked a text loses nothing. Elements with `data-keep` are left alone.
 * @param {Element} old
 * @param {Element} fresh
 */
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  copyAttributes(old, fresh);
  const known = [...old.childNodes];
  const wanted = [...fresh.childNodes];
  wanted.forEach((next, i) => {
    const now = known[i];
    if (!now) {
      old.append(next);
    } else if (now instanceof Element && next instanceof Element && isSame(now, next)) {
      if (!now.hasAttribute("data-keep")) morph(now, next);
    } else if (now.nodeType === Node.TEXT_NODE && next.nodeType === Node.TEXT_NODE) {
      if (now.nodeValue !== next.nodeValue) now.nodeValue = next.nodeValue;
    } else {
      now.replaceWith(next);
    }
  });
  for (const rest of known.slice(wanted.length)) rest.remove();
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function isSame(old, fresh) {
  return old.tagName === fresh.tagName && old.id === fresh.id;
}

/**
 * What the reader opened stays open.
 * @param {Element} old
 * @param {Element} fresh
 */
function copyAttributes(old, fresh) {
  const kept = old.tagName === "DETAILS" ? ["open"] : [];
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  }
  for (const name of fresh.getAttributeNames()) {
    const value = fresh.getAttribute(name) ?? "";
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
