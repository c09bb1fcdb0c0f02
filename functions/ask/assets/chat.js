// The chat for a shop's customers. One line puts it on a page of the shop:
//
//   <script src="https://API/widget.js" data-key="of_..." defer></script>
//
// It needs nothing from that page but `script-src` and `connect-src` for the API, leaves its styles alone, and
// stores nothing. On the API's own page it fills the element that `data-fill` names.
"use strict";
(() => {
  const STYLE = "{{style}}";
  const WORDS = "{{words}}";
  const ANSWER_MS_MAX = 15000;
  const QUESTION_CHARS_MAX = "{{chars_max}}";
  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = {
    bubble: "M4 4.5h16v11.5H11L6.5 20v-4H4zM8 9h8M8 12h5",
    cross: "M6 6l12 12M18 6L6 18",
    lock: "M6 10.5h12V20H6zM8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3",
    send: "M12 20V5M5.5 11.5L12 5l6.5 6.5",
  };

  const { src, dataset } = document.currentScript;
  const language = (dataset.lang || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  const words = WORDS[language] ?? WORDS.en;
  const fills = dataset.fill ? document.getElementById(dataset.fill) : null;
  // Our own page takes another shop's key from its address, behind the #, which no server sees.
  const key = (fills && location.hash.startsWith("#of_") ? location.hash.slice(1) : dataset.key) || "";

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    element.append(...children);
    return element;
  }

  function icon(name) {
    const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
    for (const [attribute, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["focusable", "false"]]) svg.setAttribute(attribute, value);
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  // What the customer has told so far on this page, so that nobody has to say it twice.
  const known = { order_id: "", email: "" };

  function read(text) {
    const email = text.match(/[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}/i)?.[0] ?? "";
    const order_id = text.replace(email, " ").match(/\bORD-\d{8}-[0-9A-Z]{8}\b|\d{3,}/i)?.[0] ?? "";
    return { order_id, email };
  }

  // The server says what it still needs; what it does not take for a number or an address was none.
  function learn(found, answer) {
    for (const fact of Object.keys(known)) known[fact] = found[fact] || known[fact];
    const both = known.order_id && known.email;
    for (const need of answer.needs ?? []) if (answer.needs.length === 1 || !both) known[need] = "";
    known.order_id = answer.order_id ?? known.order_id;
  }

  // The order whose code is on its way, and the last question that was asked in words.
  let coded = "", asked = "";

  async function post(path, body) {
    const answer = await fetch(new URL(path, src), {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (answer.status === 401 || answer.status === 403) return { failure: words.locked };
    if (answer.status === 429) return { failure: words.too_many };
    if (answer.status === 413 || answer.status === 422) return { failure: words.too_long };
    if (!answer.ok) return { failure: words.broken };
    return answer.json();
  }

  async function ask(question) {
    const code = coded && question.match(/^\s*(\d[\s-]*){6}$/) ? question : "";
    // A code says nothing about the customer's language; what they asked before does.
    const found = code ? {} : read(question), body = code ? { question: asked, order_id: coded, code } : { question };
    if (!code) asked = question;
    if (found.order_id && found.order_id !== coded) coded = "";
    // What stands in the question is newer than what was said before.
    for (const fact of Object.keys(known)) if (!code && known[fact] && !found[fact]) body[fact] = known[fact];
    const said = await post("v1/ask", body);
    if (said.failure) return said;
    if (said.order_id) coded = "";
    // A pair that is none: the number may be right and the address forgotten.
    said.offer = !said.order_id && said.needs?.length === 2 ? found.order_id || known.order_id : "";
    learn(found, said);
    return said;
  }

  async function sendCode(order_id) {
    const said = await post("v1/ask/code", { order_id, language });
    if (!said.failure) coded = order_id;
    return said;
  }

  // "**likely@example.com**" in bold; everything else is text and nothing but text.
  function paragraph(text) {
    const parts = text.split(/\*\*(.+?)\*\*/);
    return make("p", {}, ...parts.map((part, at) => (at % 2 ? make("strong", {}, part) : part)));
  }

  function conversation() {
    const log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": words.title, tabindex: "0" });
    const field = make("textarea", {
      id: "field", rows: "1", maxlength: QUESTION_CHARS_MAX, placeholder: words.hint, autocomplete: "off", enterkeyhint: "send", "aria-describedby": "tip",
    });
    const send = make("button", { class: "send", type: "submit", "aria-label": words.send }, icon("send"));
    const form = make("form", { class: "composer" }, make("label", { class: "unseen", for: "field" }, words.field), field, send);
    const tip = make("p", { class: "tip", id: "tip" }, icon("lock"), make("span", {}, words.tip));

    const toEnd = () => { log.scrollTop = log.scrollHeight; };
    function show(bubble) {
      log.append(bubble);
      toEnd();
      return bubble;
    }
    const say = (who, text) => show(make("div", { class: `bubble ${who}` }, make("span", { class: "unseen" }, `${who === "me" ? words.me : words.title}: `), paragraph(text)));
    const dots = () => show(make("div", { class: "bubble them typing", "aria-hidden": "true" }, make("i"), make("i"), make("i")));

    // Below an answer that found nothing: the other way to prove that an order is one's own.
    function offer(order_id) {
      const button = make("button", { class: "offer", type: "button" }, words.code);
      const row = show(make("div", { class: "offers" }, button));
      button.addEventListener("click", async () => {
        button.disabled = true;
        const typing = dots();
        const said = await sendCode(order_id).catch(() => ({ failure: words.offline }));
        typing.remove();
        row.remove();
        say(said.failure ? "them failed" : "them", said.failure ?? said.reply);
        if (!said.failure) {
          field.placeholder = words.hint_code;
          field.inputMode = "numeric";
        }
        field.focus();
      });
    }

    function expect(needs) {
      const need = needs?.length === 1 ? needs[0] : "";
      field.placeholder = words[`hint_${need}`] ?? words.hint;
      field.inputMode = need === "email" ? "email" : "text";
    }

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const question = field.value.trim();
      if (!question || form.ariaBusy === "true") return;
      form.ariaBusy = "true";
      say("me", question);
      field.value = "";
      const typing = dots();
      const answer = await ask(question).catch((error) => ({ failure: error instanceof SyntaxError ? words.broken : words.offline }));
      typing.remove();
      say(answer.failure ? "them failed" : "them", answer.failure ?? answer.reply);
      if (answer.failure) field.value ||= question;
      else expect(answer.needs);
      if (answer.offer) offer(answer.offer);
      form.ariaBusy = "false";
      toEnd(); // the field may have grown
      field.focus();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    say("them", words.greeting);
    if (!key) {
      say("them failed", words.locked);
      field.disabled = send.disabled = true;
    }
    return { parts: [log, form, tip], field };
  }

  function ground() {
    return make("div", { class: "ground", "aria-hidden": "true" }, make("i"), make("i"), make("i"), make("i"));
  }

  function root(host) {
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    return shadow;
  }

  function fill(host) {
    const { parts, field } = conversation();
    const head = make("header", { class: "head" }, make("h1", {}, words.title), make("p", {}, words.line));
    root(host).append(ground(), make("div", { class: "page" }, head, make("section", { class: "sheet", "aria-label": words.title }, ...parts)));
    field.focus();
  }

  function float() {
    const host = make("div", { id: "orderflow-chat", lang: WORDS[language] ? language : "en" });
    const { parts, field } = conversation();
    const close = make("button", { class: "close", type: "button", "aria-label": words.close }, icon("cross"));
    const head = make("header", { class: "head" }, make("h2", { id: "name" }, words.title), make("p", {}, words.line), close);
    const panel = make("div", { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "name" }, ground(), head, ...parts);
    const open = make("button", { class: "open", type: "button", "aria-expanded": "false", "aria-controls": "panel" }, icon("bubble"), make("span", {}, words.open));
    panel.hidden = true;

    function toggle(shown) {
      panel.hidden = !shown;
      open.hidden = shown;
      open.setAttribute("aria-expanded", String(shown));
      (shown ? field : open).focus();
    }
    open.addEventListener("click", () => toggle(true));
    close.addEventListener("click", () => toggle(false));
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });
    root(host).append(panel, open);
    document.body.append(host);
  }

  function start() {
    if (fills) fill(fills);
    else if (!document.getElementById("orderflow-chat")) float();
  }
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
