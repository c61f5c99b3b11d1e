// JSON as it was received, taken apart to be shown: whole or cut, good or broken, never changed. A number or an escape is written as its sender
// wrote it.

/** @typedef {"key" | "string" | "number" | "word" | "sign" | "other"} Kind */
/** @typedef {{ kind: Kind, text: string, path: string, before: string }} Token  path: of the value that it belongs to, as "props.price"; before: the white space before it when set out in lines */

const PIECE = /(\s+)|("(?:[^"\\]|\\.)*(?:"|$))|(-?\d[\w.+-]*)|([A-Za-z_]\w*)|([{}[\]:,])|(.)/gsy;

/** Takes a text apart and sets it out in lines. @param {string} text @returns {Token[]} */
export function tokens(text) {
  /** @type {Token[]} */
  const found = [];
  /** @type {{ open: string, key: string, index: number }[]} */
  const stack = [];
  let wantsKey = false;
  let empty = false; // nothing since the last opening
  let spaces = ""; // that were between what came last and now
  const path = () => stack.map((s) => (s.open === "{" ? s.key : String(s.index))).join(".");
  const line = () => "\n" + "  ".repeat(stack.length);
  for (const [, space, string, number, word, sign, other] of text.matchAll(PIECE)) {
    if (space) {
      spaces = space;
      continue;
    }
    const top = stack.at(-1);
    let before = empty && sign !== "}" && sign !== "]" ? line() : "";
    if (sign === "}" || sign === "]") {
      stack.pop();
      found.push({ kind: "sign", text: sign, path: path(), before: empty ? "" : line() });
      [wantsKey, empty] = [false, false];
      continue;
    }
    empty = false;
    const last = found.at(-1);
    if (last?.kind === "sign" && last.text === ":") before = " ";
    if (last?.kind === "sign" && last.text === ",") before = line();
    if (last && last.kind !== "sign" && !sign) before = spaces; // it is broken here
    spaces = "";
    if (sign === "{" || sign === "[") {
      found.push({ kind: "sign", text: sign, path: path(), before });
      stack.push({ open: sign, key: "", index: 0 });
      [wantsKey, empty] = [sign === "{", true];
    } else if (sign) {
      if (sign === "," && top) [top.index, wantsKey] = [top.index + 1, top.open === "{"];
      found.push({ kind: "sign", text: sign, path: sign === ":" ? path() : parent(path()), before: "" });
    } else if (string && wantsKey && top) {
      [top.key, wantsKey] = [unquoted(string), false];
      found.push({ kind: "key", text: string, path: path(), before });
    } else {
      found.push({ kind: string ? "string" : number ? "number" : word ? "word" : "other", text: string ?? number ?? word ?? other, path: path(), before });
    }
  }
  return found;
}

/** @param {string} path */
function parent(path) {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

/** @param {string} text */
function unquoted(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text.replaceAll('"', "");
  }
}

/** Whether a token belongs to one of the fields. @param {Token} token @param {string[]} fields */
export function isOf({ path }, fields) {
  return fields.some((field) => field !== "" && (path === field || path.startsWith(field + ".")));
}

/** Sets a JSON text out in lines; a text that is none stays as it is. @param {string} text */
export function prettyText(text) {
  if (!/^\s*[{[]/.test(text)) return text;
  return text.trim().split(/\n(?=\s*[{[])/).map((part) => tokens(part).map((t) => t.before + t.text).join("")).join("\n");
}
