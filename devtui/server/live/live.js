// Keeps this page up to date while you work on the app: devtui puts it into the pages that it
// serves in debug mode. It leaves the document as it was.
(() => {
  "use strict";

  // Not its property `src`, which a `base` of the page would lead elsewhere.
  const { dataset } = document.currentScript;
  const src = new URL(document.currentScript.getAttribute("src"), location);
  document.currentScript.remove();

  // A frame goes with the page around it. A page that replaces its own content may run this twice.
  const running = Symbol.for("devtui.live");
  if (window[running] || isWithin(window.top)) return;
  window[running] = true;

  // One attempt to connect at a time, with growing pauses, in milliseconds. They begin again after a
  // connection that was LASTING: another server at this address may end each of them at once. A page
  // that was never connected is probably not served by devtui any more, but comes from the browser's
  // cache.
  const FIRST_PAUSE = 250, LONGEST_PAUSE = 10000, LASTING = 1000, MOST_FIRST_ATTEMPTS = 4;
  const address = new URL("live", src);
  address.protocol = address.protocol.replace("http", "ws");
  address.search = new URLSearchParams({ key: dataset.key });
  let socket = null, attempts = 0, connected = false, timer = 0, away = false, toldGone = false;

  function connect() {
    clearTimeout(timer);
    if (socket !== null) return;
    attempts += 1;
    let opened = Infinity;
    try {
      socket = new WebSocket(address);
    } catch {
      return; // the page's policy forbids it
    }
    socket.onopen = () => {
      connected = true;
      opened = performance.now();
      toldGone = false;
      sign.hide();
      socket.send(`${dataset.version} ${dataset.heard ?? ""}`);
    };
    socket.onmessage = (event) => obey(JSON.parse(event.data));
    socket.onclose = () => {
      socket = null;
      if (performance.now() - opened >= LASTING) attempts = 0;
      if (away) return;
      if (!connected && attempts >= MOST_FIRST_ATTEMPTS) return;
      if (connected && attempts > 1 && !toldGone) {
        toldGone = true; // once: it may be dismissed
        sign.show("The server is gone: this page may be old.");
      }
      const pause = attempts === 0 ? 0 : FIRST_PAUSE * 2 ** (attempts - 1);
      timer = setTimeout(connect, Math.min(pause, LONGEST_PAUSE));
    };
  }

  function obey(message) {
    if (message.do === "reload" && isNew(message.once)) reload();
    if (message.do === "swap") message.paths.forEach(swap);
    if (message.do === "log") log(message);
    if (message.do === "gone") sign.show(message.why);
    if (message.do === "moved") {
      const there = new URL(location.pathname + location.search + location.hash, message.url);
      sign.show("The app has moved: ", { label: there.origin, act: () => location.assign(there) });
    }
  }

  /** Whether this page was not loaded again for this version before: a cache may keep it old. */
  function isNew(version) {
    if (version === undefined) return true;
    const loaded = `${dataset.key} ${version} ${location.href}`;
    try {
      if (sessionStorage.getItem("devtui.live") === loaded) return false;
      sessionStorage.setItem("devtui.live", loaded);
      return true;
    } catch {
      return false; // this document may store nothing
    }
  }

  /** Show the app's log in the console. A text is never a format there. */
  function log({ entries, left_out: count, heard }) {
    if (count) console.info("%s", `${count} entries of the app's log were left out.`);
    for (const [method, text] of entries) console[method]("%s", text);
    dataset.heard = heard;
  }

  function reload() {
    if (dataset.posted === undefined) {
      location.reload();
      return;
    }
    sign.show("The app has changed. This page answers a form: ", {
      label: "send it again",
      act: () => location.reload(),
    });
  }

  // -- style sheets and images ------------------------------------------------------------------

  // Links whose successor is being loaded; and those that go when a link is loaded.
  const replaced = new WeakSet(), replacedBy = new WeakMap();

  function swap(path) {
    for (const page of pages(window)) {
      if (path.endsWith(".css")) swapStyleSheets(page, path);
      else swapImages(page, path);
    }
  }

  /** This document, and those of its frames that are of the same origin. */
  function* pages(view) {
    let page = null;
    try {
      page = view.document;
    } catch {
      return;
    }
    yield page;
    for (let number = 0; number < view.frames.length; number += 1) yield* pages(view.frames[number]);
  }

  /** Load those of this name again; all of them if there is none, for it may be a part of them. */
  function swapStyleSheets(page, path) {
    const links = [...page.querySelectorAll('link[rel~="stylesheet" i][href]')].filter(
      (link) => new URL(link.href).origin === location.origin && !replaced.has(link),
    );
    const named = links.filter((link) => isOf(link.href, path));
    for (const link of named.length ? named : links) {
      const next = link.cloneNode();
      const before = [...(replacedBy.get(link) ?? []), link];
      replaced.add(link);
      replacedBy.set(next, before);
      next.removeAttribute("integrity"); // that of the old text
      next.href = renewed(link.href, page.baseURI);
      // Not before it is there: the page must not be bare in between.
      next.onload = () => before.forEach((old) => old.remove());
      next.onerror = () => {
        next.remove();
        replaced.delete(link);
      };
      link.after(next);
    }
  }

  function swapImages(page, path) {
    const base = page.baseURI;
    for (const image of page.querySelectorAll("img[src]")) {
      if (isOf(image.src, path)) image.src = renewed(image.src, base);
    }
    for (const image of page.querySelectorAll("img[srcset], source[srcset]")) {
      const srcset = renewedIn(image.srcset, path, base, /[^\s,]+/g);
      if (srcset !== image.srcset) image.srcset = srcset;
    }
    for (const sheet of page.styleSheets) renewRules(sheet, path, base);
    for (const element of page.querySelectorAll("[style]")) renewStyle(element.style, path, base);
  }

  /** Renew addresses in a style sheet, which counts them from its own. */
  function renewRules(sheet, path, base) {
    base = sheet.href ?? base;
    let rules = [];
    try {
      rules = sheet.cssRules;
    } catch {
      return; // of another origin
    }
    for (const rule of rules) {
      if (rule.style) renewStyle(rule.style, path, base);
      if (rule.cssRules) renewRules(rule, path, base);
      if (rule.styleSheet) renewRules(rule.styleSheet, path, base);
    }
  }

  function renewStyle(style, path, base) {
    for (const property of ["backgroundImage", "borderImageSource", "listStyleImage", "maskImage"]) {
      const value = style[property] ?? "";
      const next = renewedIn(value, path, base, /(?<=url\(["']?)[^"')]+/g);
      if (next !== value) style[property] = next;
    }
  }

  function renewedIn(text, path, base, addresses) {
    return text.replace(addresses, (one) => (isOf(one, path) ? renewed(one, base) : one));
  }

  /** Whether an address may be that of a file: it has its name. */
  function isOf(href, path) {
    const name = path.split("/").at(-1);
    return [name, encodeURIComponent(name)].includes(href.split(/[?#]/, 1)[0].split("/").at(-1));
  }

  function renewed(href, base) {
    const address = new URL(href, base);
    address.searchParams.set("devtui", Date.now());
    return address.href;
  }

  // -- the sign ---------------------------------------------------------------------------------

  const sign = {
    host: null,

    show(text, { label, act } = {}) {
      this.hide();
      this.host = document.createElement("devtui-sign");
      // Styles are set one by one, because a strict policy forbids a style element.
      Object.assign(this.host.style, { all: "initial", position: "fixed", zIndex: 2147483647 });
      Object.assign(this.host.style, { right: "12px", bottom: "12px", maxWidth: "calc(100% - 24px)" });
      const box = document.createElement("div");
      box.setAttribute("role", "status");
      Object.assign(box.style, { font: "14px/1.4 system-ui, sans-serif", padding: "8px 12px" });
      Object.assign(box.style, { color: "#fff", background: "#333", borderRadius: "6px" });
      box.append(text);
      if (label) box.append(button(label, act));
      box.append(button("×", () => this.hide(), "Dismiss"));
      this.host.attachShadow({ mode: "open" }).append(box);
      document.documentElement.append(this.host);
    },

    hide() {
      this.host?.remove();
      this.host = null;
    },
  };

  function button(label, act, title) {
    const made = document.createElement("button");
    made.textContent = label;
    if (title) made.setAttribute("aria-label", title);
    Object.assign(made.style, { font: "inherit", color: "#9cf", background: "none", border: "0" });
    Object.assign(made.style, { marginLeft: "8px", padding: "0", cursor: "pointer" });
    made.addEventListener("click", act);
    return made;
  }

  function isWithin(top) {
    try {
      return top !== window && top.location.origin === location.origin;
    } catch {
      // The page around it is of another origin; or this frame is in a sandbox, and may not look.
      return [...(location.ancestorOrigins ?? [])].at(-1) === location.origin;
    }
  }

  // A page that is kept for the back key must have no open connection.
  window.addEventListener("pagehide", () => {
    away = true;
    socket?.close();
  });
  window.addEventListener("pageshow", () => {
    away = false;
    connect();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && connected) connect();
  });
  connect();
})();
