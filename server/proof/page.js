// The proof page: fetches what the server hands out, checks it here, and shows the ticket; every text goes in as text.

import { check } from "./proof-check.js";
import { LANGUAGES, TEXTS } from "./proof-texts.js";

const HIDDEN_MARK = "/*/*"; // begins the label of lines that cost nothing and stay off receipts
const VERIFIER = "python3 verify_export.py EXPORT --receipt ";
const state = { language: document.documentElement.lang, bundle: null, found: null, failed: false };
const leaf = location.pathname.split("/").pop();
const query = location.search;

/** An element with attributes and children; strings become text, never markup. */
function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "click") made.addEventListener("click", value);
    else made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

function say(word, values) {
  const text = TEXTS[state.language][word].replace(/ ([:;?!])/g, "\u00a0$1"); // French: no colon alone on a line
  return text.replace(/\$\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** An integer of 10**-places as a decimal string, exactly. */
function decimal(value, places) {
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  const cut = digits.length - places;
  return `${value < 0 ? "-" : ""}${digits.slice(0, cut)}${places ? `.${digits.slice(cut)}` : ""}`;
}

function number(value, places, least) {
  const options = { minimumFractionDigits: least, maximumFractionDigits: Math.max(places, least) };
  return new Intl.NumberFormat(state.language, options).format(decimal(value, places));
}

function money(value, ticket) {
  const options = { style: "currency", currency: ticket.cur, minimumFractionDigits: ticket.dec, maximumFractionDigits: ticket.dec };
  return new Intl.NumberFormat(state.language, options).format(decimal(value, ticket.dec));
}

/** The civil time as sealed: the shop's own, whatever zone the reader is in. */
function moment(at) {
  const civil = new Date(`${at.slice(0, 19)}Z`);
  const options = { dateStyle: "long", timeStyle: "medium", timeZone: "UTC" };
  return new Intl.DateTimeFormat(state.language, options).format(civil);
}

function pair(left, right, kind) {
  return make("div", { class: `pair ${kind ?? ""}` }, make("span", {}, left), make("span", { class: "amount" }, right));
}

function verdictCard() {
  const { found, failed } = state;
  if (failed) {
    const again = make("button", { class: "quiet", click: () => location.reload() }, say("again"));
    return make("section", { class: "verdict unchecked", role: "status" }, make("h2", {}, say("failed")), make("p", {}, say("failed_text")), again);
  }
  if (!found) return make("section", { class: "verdict busy", role: "status" }, make("h2", {}, say("busy")));
  const seal = found.verdict === "proven" && !found.entry;
  const head = seal ? "proven_seal" : found.verdict;
  const text = found.insecure ? "insecure_text" : `${head}_text`;
  const sign = { proven: "✓", broken: "✕", unchecked: "?" }[found.verdict];
  return make(
    "section",
    { class: `verdict ${found.verdict}`, role: "status", "data-verdict": found.verdict },
    make("div", { class: "sign", "aria-hidden": "true" }, sign),
    make("h2", {}, say(head)),
    make("p", {}, say(text)),
  );
}

function lineOf(line, ticket) {
  const figures = `${number(line.q, 3, 0)} × ${number(line.u, 4, ticket.dec)} · ${number(ticket.rates[line.r].r, 3, 0)} %`;
  const extras = line.o.map((option) => make("div", { class: "extra" }, `+ ${option.l}`));
  if (line.n) extras.push(make("div", { class: "extra" }, say("note", { text: line.n })));
  return make("li", {}, pair(line.l, money(line.a, ticket)), make("div", { class: "extra" }, figures), extras);
}

function vatTable(ticket) {
  const head = ["rate", "net", "tax", "gross"].map((word) => make("th", { scope: "col" }, say(word)));
  const rows = ticket.rates.map((rate) => {
    const name = `${number(rate.r, 3, 0)} %${rate.deposit ? ` (${say("deposit")})` : ""}`;
    return make("tr", {}, make("td", {}, name), [rate.n, rate.v, rate.g].map((value) => make("td", {}, money(value, ticket))));
  });
  return make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows));
}

function payments(ticket) {
  const rows = ticket.legs.flatMap((leg) => [
    pair(leg.l, money(leg.tendered, ticket)),
    ...["tip", "kept", "rounding", "change"].filter((word) => leg[word]).map((word) => pair(say(word), money(leg[word], ticket), "extra")),
  ]);
  if (!rows.length) rows.push(make("p", { class: "extra" }, say("unpaid")));
  if (ticket.due) rows.push(pair(say(ticket.due > 0 ? "due" : "due_off"), money(ticket.due, ticket), "strong"));
  return rows;
}

function ticketCard(entry, ticket) {
  const refund = ticket.is === "sales.refunded";
  const shown = ticket.lines.filter((line) => !(line.l.startsWith(HIDDEN_MARK) && !line.a && !line.b)).sort((one, other) => one.id - other.id);
  const hidden = ticket.lines.length - shown.length;
  const facts = [
    moment(entry.at),
    `${say("till", { till: entry.till })} · ${entry.op ? say("operator", { operator: entry.op }) : say("nobody")}`,
    refund ? say("refund_of", { no: ticket.of.no }) : null,
    ticket.reason ? say("reason", { text: ticket.reason }) : null,
    ticket.note ? say("note", { text: ticket.note }) : null,
  ].filter(Boolean);
  const series = ticket.series && !entry.training ? ` (${say("series", { series: ticket.series })})` : "";
  const below = ticket.disc.filter((discount) => discount.granted);
  return make(
    "section",
    { class: "card ticket" },
    entry.training ? make("p", { class: "training" }, say("training")) : null,
    make("h3", {}, say(refund ? "refund" : "ticket", { no: ticket.no }) + series),
    facts.map((text) => make("p", { class: "fact" }, text)),
    make("h4", {}, say("lines")),
    make("ul", {}, shown.map((line) => lineOf(line, ticket))),
    hidden ? make("p", { class: "extra" }, say("hidden", { n: hidden })) : null,
    below.length ? [make("h4", {}, say("discounts")), below.map((discount) => pair(discount.l, money(discount.granted, ticket), "extra"))] : null,
    pair(say("total"), money(ticket.total, ticket), "total"),
    make("h4", {}, say("vat")),
    vatTable(ticket),
    make("h4", {}, say("payments")),
    payments(ticket),
  );
}

function stepRow(name, found) {
  const held = found.steps[name];
  const values = { index: state.bundle.index, size: found.note?.size };
  const absent = name === "content" ? "content_none" : name === "signature" && !found.insecure ? "signature_none" : "not_taken";
  const text = held === null ? say(absent) : say(`${name}_${held ? "ok" : "bad"}`, values);
  const sign = held === null ? "–" : held ? "✓" : "✕";
  const kind = held === null ? "none" : held ? "ok" : "bad";
  return make("li", { class: kind, "data-step": name }, make("span", { class: "mark", "aria-hidden": "true" }, sign), make("div", {}, make("b", {}, say(name)), make("p", {}, text)));
}

function checkCard(found) {
  return make("section", { class: "card" }, make("h3", {}, say("checked")), make("ul", { class: "steps" }, Object.keys(found.steps).map((name) => stepRow(name, found))));
}

function limitsCard(found) {
  const words = ["limit_key", ...(found.entry ? ["limit_true", "limit_later", "limit_people"] : []), "limit_all"];
  return make("section", { class: "card" }, make("h3", {}, say("limits")), make("ul", { class: "limits" }, words.map((word) => make("li", {}, say(word)))));
}

function factsCard(found) {
  const rows = [];
  if (found.entry) rows.push(["sealed", found.entry.at], ["software", found.entry.soft]);
  rows.push(["shop", found.note?.origin], ["leaf", leaf.match(/.{4}/g).join(" ")], ["print", found.print]);
  const list = rows.filter(([, value]) => value).map(([word, value]) => [make("dt", {}, say(word)), make("dd", {}, value)]);
  const bytes = found.bytes && found.steps.content ? make("details", {}, make("summary", {}, say("bytes")), make("pre", {}, new TextDecoder().decode(found.bytes))) : null;
  const name = `guichet-${leaf.slice(0, 16)}.txt`;
  return make(
    "section",
    { class: "card" },
    make("dl", {}, list),
    bytes,
    make("h3", {}, say("verify")),
    make("p", {}, say("verify_text")),
    make("pre", {}, VERIFIER + name),
    make(
      "p",
      { class: "buttons" },
      make("a", { href: `${leaf}.txt${query}`, download: name, id: "save" }, say("save")),
      make("a", { href: `${leaf}.json${query}` }, say("data")),
      make("button", { click: () => print() }, say("paper")),
    ),
  );
}

function languageSwitch() {
  const buttons = Object.entries(LANGUAGES).map(([code, name]) =>
    make("button", { lang: code, title: name, "aria-pressed": String(code === state.language), click: () => speak(code) }, code.toUpperCase()),
  );
  return make("nav", { "aria-label": say("language") }, buttons);
}

function speak(language) {
  state.language = language;
  show();
}

function show() {
  document.documentElement.lang = state.language;
  document.title = say("title");
  const { found } = state;
  const parts = [make("header", {}, make("div", {}, make("p", { class: "shop" }, state.bundle?.shop ?? ""), make("h1", {}, say("title"))), languageSwitch()), verdictCard()];
  if (found) {
    const ticket = found.verdict !== "broken" && found.steps.content ? found.entry.rec.find((record) => /^sales\.(posted|refunded)$/.test(record.is)) : null;
    if (ticket) parts.push(ticketCard(found.entry, ticket));
    else if (found.verdict !== "broken" && found.steps.content) parts.push(make("section", { class: "card" }, make("h3", {}, say("other")), make("p", {}, say("other_text"))));
    if (!found.insecure) parts.push(checkCard(found));
    parts.push(limitsCard(found), factsCard(found));
  }
  document.querySelector("main").replaceChildren(...parts);
}

async function begin() {
  show();
  try {
    const answer = await fetch(`${leaf}.json${query}`, { credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    state.bundle = await answer.json();
    state.found = await check(state.bundle, leaf);
  } catch (error) {
    state.failed = true;
    console.error(error);
  }
  show();
}

begin();
