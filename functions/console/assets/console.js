// What the console does on top of plain pages: stays fresh, answers without a reload, listens to keys.
// Everything here is optional; every page works without it.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

// Times in the words of the server (src/format.rs).
function relative(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  if (minutes === 0) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

function freshenTimes() {
  for (const time of all("time[data-ago]")) {
    time.textContent = relative(Date.now() - Date.parse(time.dateTime));
  }
}

// The dashboard's live part: every 30 seconds while somebody looks, and at once when they come back.
function keepLive(region) {
  const note = one("[data-live]");
  let tag = null, timer = null, busy = false;
  const say = (text, good) => {
    note.textContent = text;
    note.classList.toggle("good", good);
  };

  async function refresh() {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const headers = { "x-console-fragment": "1" };
      if (tag) headers["if-none-match"] = tag;
      const answer = await fetch(region.dataset.refresh, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 401) return stop("signed out, load the page again");
      if (!answer.ok && answer.status !== 304) throw new Error(answer.status);
      if (answer.status !== 304) {
        tag = answer.headers.get("etag");
        swap(region, await answer.text());
      }
      say(`live, checked at ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`, true);
    } catch {
      say("not live: no connection, trying again", false);
    } finally {
      busy = false;
    }
  }

  function stop(why) {
    clearInterval(timer);
    timer = null;
    say(why, false);
  }

  const start = () => { timer ??= setInterval(refresh, 30000); };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearInterval(timer);
      timer = null;
    } else {
      refresh();
      start();
    }
  });
  say("live", true);
  start();
}

// Replaces what is in a region and leaves the focus where it was.
function swap(region, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const held = region.contains(document.activeElement) ? document.activeElement.id : "";
  region.replaceChildren(next.content);
  if (held) (document.getElementById(held) ?? one("#main")).focus({ preventScroll: true });
}

// Filter chips: only the results change; the address says what is shown.
function liveChips(chips) {
  chips.addEventListener("click", async (event) => {
    const chip = event.target.closest("a.chip");
    if (!chip || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const results = one("#results");
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(chip.href, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      results.replaceWith(one("#results", page));
      for (const other of all("a.chip", chips)) other.removeAttribute("aria-current");
      chip.setAttribute("aria-current", "true");
      history.pushState(null, "", chip.href);
    } catch {
      location.assign(chip.href);
    }
  });
  addEventListener("popstate", () => location.reload());
}

// j and k walk through rows, e lets the rules move the order of the row, / searches.
function onKey(event) {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  const rows = all("[data-row]");
  const at = rows.findIndex((row) => (row.closest("li, tr") ?? row).contains(document.activeElement));
  if (event.key === "j") rows[Math.min(at + 1, rows.length - 1)]?.focus();
  else if (event.key === "k") rows[Math.max(at - 1, 0)]?.focus();
  else if (event.key === "e" && at >= 0) one("[data-key=e]", rows[at].closest("li, tr"))?.click();
  else if (event.key === "/") one("[data-search]")?.focus();
  else return;
  event.preventDefault();
}

// The chat. What was said stays on this page; order number and address last as long as the tab.
const MEMORY = "orderflow.ask";

function chat(form) {
  const log = one("#log"), box = form.elements.question;
  const known = [form.elements.order_id, form.elements.email];
  const recall = () => { try { return JSON.parse(sessionStorage.getItem(MEMORY)) ?? {}; } catch { return {}; } };
  for (const field of known) field.value ||= recall()[field.name] ?? "";

  function say(who, text, link) {
    const bubble = document.createElement("div");
    bubble.className = `bubble ${who}`;
    const speaker = document.createElement("span");
    speaker.className = "visually-hidden";
    speaker.textContent = who === "me" ? "You:" : "OrderFlow:";
    const words = document.createElement("p");
    // "**likely@example.com**" in bold, as the server draws it (src/format.rs); the rest is text.
    for (const [at, part] of text.split(/\*\*(.+?)\*\*/).entries()) {
      const strong = at % 2 ? document.createElement("strong") : null;
      if (strong) strong.textContent = part;
      words.append(strong ?? part);
    }
    bubble.append(speaker, words);
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link;
      anchor.textContent = "Open the order";
      bubble.append(anchor);
    }
    log.append(bubble);
    log.scrollTop = log.scrollHeight;
    return bubble;
  }

  function dots() {
    const bubble = document.createElement("div");
    bubble.className = "bubble them typing";
    bubble.setAttribute("aria-hidden", "true");
    bubble.append(...[1, 2, 3].map(() => document.createElement("i")));
    log.append(bubble);
    log.scrollTop = log.scrollHeight;
    return bubble;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = box.value.trim();
    if (!question || form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const body = new URLSearchParams(new FormData(form));
    say("me", question);
    box.value = "";
    const typing = dots();
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json", "x-console-fragment": "1" } });
      const said = await answer.json().catch(() => ({}));
      typing.remove();
      if (answer.ok) {
        say("them", said.reply, said.link);
        for (const field of known) field.value = said.known[field.name] ?? "";
        sessionStorage.setItem(MEMORY, JSON.stringify(said.known));
      } else if (answer.status === 401) {
        say("them", "You were signed out. Load the page again to go on.");
      } else {
        say("them", said.detail ? `That did not work: ${said.detail}.` : "That did not work. Please try again.");
        box.value = question;
      }
    } catch {
      typing.remove();
      say("them", "There is no connection. Your question is still here; send it again in a moment.");
      box.value = question;
    }
    form.ariaBusy = "false";
    box.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

// A form is sent once, a drastic step only if it is meant; signing out forgets the conversation.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) return event.preventDefault();
  if (event.target.action.endsWith("/console/logout")) sessionStorage.removeItem(MEMORY);
  setTimeout(() => all("button", event.target).forEach((button) => { button.disabled = true; }));
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// An order's progress over the list it stands in; without this, the link leads to the order's page.
document.addEventListener("click", async (event) => {
  const dialog = one("#order-dialog");
  if (event.target.closest("[data-close]")) return dialog?.close();
  const link = event.target.closest("a[data-dialog]");
  if (!link || !dialog?.showModal || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.dataset.dialog, { headers: { "x-console-fragment": "1" }, redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    const inside = document.createElement("template");
    inside.innerHTML = await answer.text();
    dialog.replaceChildren(inside.content);
    freshenTimes();
    // The list may have been drawn anew meanwhile: whoever comes back finds the same row.
    dialog.onclose = () => document.getElementById(link.id)?.focus();
    dialog.showModal();
  } catch {
    location.assign(link.href);
  }
});

// A photo of an order, made small before it is sent: a phone's picture has ten times the dots that anybody looks at.
const LONGER_SIDE = 2048;

async function small(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGER_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const brush = canvas.getContext("2d");
  // What shines through would be black.
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("not drawn"))), "image/jpeg", 0.85);
  });
}

document.addEventListener("change", async (event) => {
  const input = event.target.closest("input[data-kind]");
  const file = input?.files[0];
  if (!file) return;
  const photos = input.closest("[data-photos]");
  const say = (text, region = photos) => { one("[data-note]", region).textContent = text; };
  const inputs = all("input[data-kind]", photos);
  inputs.forEach((other) => { other.disabled = true; });
  say("Sending…");
  try {
    // What this browser cannot draw goes as it is; the server says what is wrong with it.
    const body = await small(file).catch(() => file);
    const headers = { "content-type": body.type || "application/octet-stream", "x-console-token": photos.dataset.token, "x-console-fragment": "1" };
    const answer = await fetch(`${photos.dataset.photos}/${input.dataset.kind}`, { method: "POST", body, headers, redirect: "error" });
    if (answer.ok) {
      const inside = document.createElement("template");
      inside.innerHTML = await answer.text();
      const fresh = inside.content.firstElementChild;
      photos.replaceWith(fresh);
      one(`input[data-kind=${input.dataset.kind}]`, fresh)?.focus();
      return say("Added.", fresh);
    }
    if (answer.status === 401) return say("You were signed out. Load the page again to go on.");
    const why = await answer.json().catch(() => ({}));
    say(`Not added: ${why.errors?.[0]?.message ?? why.detail ?? "that did not work, please try again"}.`);
  } catch {
    say("Not added: there is no connection. Try again in a moment.");
  } finally {
    inputs.forEach((other) => { other.disabled = false; });
    input.value = "";
  }
});

// A flash is read once: it should not come back with a reload or a bookmark.
const here = new URL(location.href);
if (here.searchParams.has("flash")) {
  here.searchParams.delete("flash");
  here.searchParams.delete("order");
  history.replaceState(null, "", here);
}
// What can be undone at once is offered for 15 seconds; after that the order's own page offers it.
for (const offer of all("[data-fades]")) setTimeout(() => { if (!offer.contains(document.activeElement)) offer.remove(); }, 15000);
document.addEventListener("keydown", onKey);
freshenTimes();
setInterval(freshenTimes, 30000);
all("[data-refresh]").forEach(keepLive);
all("[data-chips]").forEach(liveChips);
all("[data-ask]").forEach(chat);
