// The check of a proof in a browser: RFC 9162 hashes and an Ed25519 signature by WebCrypto, with no code of the server's.

const ED25519 = 1;
const SIGNATURE_MARK = "\u2014 ";
const encoder = new TextEncoder();

/** Why a step of the check speaks against the proof. */
export class Broken extends Error {}

/** Bytes of a base64 text that has its one spelling. */
export function unbase64(text) {
  let found;
  try {
    found = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  } catch {
    throw new Broken("base64");
  }
  if (base64(found) !== text) throw new Broken("base64");
  return found;
}

/** The base64 text of bytes. */
export function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Bytes in hex. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** RFC 9162, 2.1.3.2: the path from the leaf must lead to the root, and use all of its hashes. */
async function rootOf(leaf, index, size, path) {
  if (!(index < size)) throw new Broken("index");
  let node = leaf;
  let first = index;
  let last = size - 1n;
  for (const sibling of path) {
    if (last === 0n) throw new Broken("path");
    if (first & 1n || first === last) {
      node = await sha256([1], sibling, node);
      while (!(first & 1n) && first) {
        first >>= 1n;
        last >>= 1n;
      }
    } else {
      node = await sha256([1], node, sibling);
    }
    first >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Broken("path");
  return node;
}

/** {text, origin, size, root, lines of signatures} of a signed checkpoint (C2SP tlog-checkpoint in a signed note). */
export function readNote(note) {
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const [origin, size, root] = text.split("\n");
  if (cut < 0 || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "")) throw new Broken("checkpoint");
  return { text, origin, size: BigInt(size), root: unbase64(root), signatures: note.slice(cut + 2).split("\n") };
}

/** {name, public, id} of a public key's line; its id is computed, and has to be the one that it says. */
async function readKey(line) {
  const [name, said, encoded] = [...line.split("+", 2), line.split("+").slice(2).join("+")];
  const bytes = unbase64(encoded);
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new Broken("key");
  const id = (await sha256(encoder.encode(`${name}\n`), bytes)).slice(0, 4);
  if (hex(id) !== said) throw new Broken("key");
  return { name, public: bytes.slice(1), id };
}

/** The fingerprint that people can compare: SHA-256 of the public key in groups of four. */
async function fingerprint(key) {
  return hex(await sha256(key.public)).match(/.{4}/g).join(" ");
}

/** The public key that signed the note, and whether its signature holds; null where this browser cannot tell. */
async function signed(note, keys) {
  for (const line of keys) {
    const key = await readKey(line);
    if (key.name !== note.origin) throw new Broken("key");
    for (const each of note.signatures) {
      const mark = `${SIGNATURE_MARK}${key.name} `;
      const bytes = each.startsWith(mark) ? unbase64(each.slice(mark.length)) : [];
      if (!same(bytes.slice(0, 4), key.id)) continue;
      const print = await fingerprint(key);
      let usable;
      try {
        usable = await crypto.subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
      } catch {
        return { holds: null, print };
      }
      const holds = await crypto.subtle.verify({ name: "Ed25519" }, usable, bytes.slice(4), encoder.encode(note.text));
      return { holds, print };
    }
  }
  throw new Broken("signer");
}

/** The entry's JSON, which has to say of itself that it stands where the log has it. */
function readEntry(bytes, note, index) {
  let entry;
  try {
    entry = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Broken("entry");
  }
  const origin = entry.gen === 1 ? `guichet/${entry.shop}` : `guichet/${entry.shop}/${entry.gen}`;
  if (origin !== note.origin || BigInt(entry.seq) !== index) throw new Broken("place");
  return entry;
}

/** What one step found: true, false, or null where it could not be taken. */
async function step(take) {
  try {
    return await take();
  } catch (error) {
    if (error instanceof Broken || error instanceof TypeError || error instanceof RangeError) return false;
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/**
 * Checks what the server handed out for the leaf (hex) that the address names. Returns {verdict, steps, entry, note, print}:
 * the verdict is "proven", "broken" or "unchecked"; steps are content, path and signature, each true, false or null.
 */
export async function check(bundle, leafHex) {
  const found = { verdict: "unchecked", steps: { content: null, path: null, signature: null }, entry: null };
  if (!globalThis.crypto?.subtle) return { ...found, insecure: true };
  const note = await step(() => readNote(bundle.checkpoint));
  const index = await step(() => BigInt(bundle.index));
  if (!note || index === false) return { ...found, verdict: "broken", steps: { content: null, path: false, signature: false } };
  found.note = note;
  const leaf = Uint8Array.from(leafHex.match(/../g), (pair) => Number.parseInt(pair, 16));
  if (bundle.entry !== null) {
    found.steps.content = await step(async () => {
      const bytes = unbase64(bundle.entry);
      found.bytes = bytes;
      found.entry = readEntry(bytes, note, index);
      return same(await sha256([0], bytes), leaf);
    });
  }
  found.steps.path = await step(async () => same(await rootOf(leaf, index, note.size, bundle.path.map(unbase64)), note.root));
  found.steps.signature = await step(async () => {
    const { holds, print } = await signed(note, bundle.keys);
    found.print = print;
    return holds;
  });
  const taken = bundle.entry === null ? [found.steps.path, found.steps.signature] : Object.values(found.steps);
  if (taken.includes(false)) found.verdict = "broken";
  else if (taken.every((each) => each === true)) found.verdict = "proven";
  return found;
}
