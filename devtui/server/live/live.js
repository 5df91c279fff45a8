// Keeps this page up to date while you work on the app: devtui puts it into the pages that it
// serves in debug mode. It leaves the document as it was.
(() => {
  "use strict";

  // Not its property `src`, which a `base` of the page would lead elsewhere.
  const { dataset } = document.currentScript;
  const src = new URL(document.currentScript.getAttribute("src"), location);
  document.currentScript.remove();

  // A page that replaces its own content may run this twice.
  const HAS_SCRIPT = Symbol.for("devtui.live");
  if (window[HAS_SCRIPT]) return;
  window[HAS_SCRIPT] = true;

  // One attempt to connect at a time, with growing pauses, in milliseconds. They begin again after a
  // connection that was LASTING: another server at this address may end each of them at once. A page
  // that was never connected probably comes from the browser's cache, and devtui is gone.
  const FIRST_PAUSE = 250, LONGEST_PAUSE = 10000, LASTING = 1000, MOST_FIRST_ATTEMPTS = 4;
  // How long a page waits for files before it loads again.
  const LONGEST_WAIT = 2000;
  // A connection may have ended without a word, as while the machine slept or in another network.
  // So the page asks now and then whether anybody is there. That also keeps proxies from ending it.
  const ASK_EVERY = 30000, LONGEST_SILENCE = 5000;
  const address = new URL("live", src);
  address.protocol = address.protocol.replace("http", "ws");
  address.search = new URLSearchParams({ key: dataset.key });
  let socket = null, attempts = 0, connected = false, timer = 0, away = false, toldGone = false;
  let opened = Infinity, silence = 0, leaves = false;

  function connect() {
    clearTimeout(timer);
    if (socket !== null) return;
    attempts += 1;
    opened = Infinity;
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
    socket.onmessage = (event) => {
      clearTimeout(silence);
      silence = 0;
      obey(JSON.parse(event.data));
    };
    socket.onclose = disconnected;
  }

  function disconnected() {
    clearTimeout(silence);
    socket = null;
    silence = 0;
    if (performance.now() - opened >= LASTING) attempts = 0;
    if (away) return;
    if (!connected && attempts >= MOST_FIRST_ATTEMPTS) return;
    if (connected && attempts > 1 && !toldGone) {
      toldGone = true; // once: it may be dismissed
      sign.show("The server is gone: this page may be old.");
    }
    const pause = attempts === 0 ? 0 : FIRST_PAUSE * 2 ** (attempts - 1);
    timer = setTimeout(connect, Math.min(pause, LONGEST_PAUSE));
  }

  /** Give the connection up if nobody answers. */
  function ask() {
    if (silence || socket?.readyState !== WebSocket.OPEN) return;
    const asked = socket;
    asked.send("?");
    silence = setTimeout(() => {
      asked.onclose = null; // it would come much later
      asked.close();
      disconnected();
    }, LONGEST_SILENCE);
  }

  function obey(message) {
    if (message.do === "reload" && isNew(message.once)) reload(message);
    if (message.do === "swap") {
      dataset.version = message.version;
      swap(message.names);
    }
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

  // The browser forgets how far the elements of a page were scrolled, and the page itself while an
  // error is in its place. Before late content is there, it cannot scroll that far.
  const PLACE = "devtui.live.place", MOST_SCROLLED = 100, SCROLL_EVERY = 20;

  function keepPlace(fails) {
    try {
      let place = JSON.parse(sessionStorage.getItem(PLACE));
      if (!place || place.isOver) place = { href: location.href, scrolled: scrolled(fails) };
      sessionStorage.setItem(PLACE, JSON.stringify({ ...place, isOver: !fails }));
    } catch {
      // this document may store nothing
    }
  }

  /** What is scrolled, and how far. A page may see to that itself, but cannot over an error. */
  function scrolled(fails) {
    const withPage = fails || history.scrollRestoration === "auto";
    return [...document.querySelectorAll("*")]
      .filter((one) => one.scrollTop || one.scrollLeft)
      .filter((one) => withPage || one !== document.scrollingElement)
      .filter((one) => document.querySelector(pathOf(one)) === one)
      .slice(0, MOST_SCROLLED)
      .map((one) => ({ path: pathOf(one), left: one.scrollLeft, top: one.scrollTop }));
  }

  /** A selector that leads to an element, also when the page was loaded again. */
  function pathOf(element) {
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (!element.parentElement) return ":root";
    const alike = [...element.parentElement.children]
      .filter(({ localName }) => localName === element.localName);
    const step = `${CSS.escape(element.localName)}:nth-of-type(${alike.indexOf(element) + 1})`;
    return `${pathOf(element.parentElement)} > ${step}`;
  }

  function returnToPlace() {
    let place = null;
    try {
      place = JSON.parse(sessionStorage.getItem(PLACE));
      if (place?.isOver || place?.href !== location.href) sessionStorage.removeItem(PLACE);
    } catch {
      return;
    }
    if (!place?.isOver || place.href !== location.href) return;
    const stop = new AbortController();
    for (const kind of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      window.addEventListener(kind, () => stop.abort(), { signal: stop.signal, passive: true });
    }
    let missing = place.scrolled, end = Infinity;
    const scroll = () => {
      if (stop.signal.aborted) return;
      const left = missing.filter((one) => !isThere(one));
      if (document.readyState === "complete") { // the browser has done its own part
        missing = left;
        end = Math.min(end, performance.now() + LONGEST_WAIT);
      }
      if (missing.length && performance.now() < end) setTimeout(scroll, SCROLL_EVERY);
      else stop.abort();
    };
    scroll();
  }

  /** Scroll on to a place, but not back: the page may have its own. Return whether it is reached. */
  function isThere({ path, left, top }) {
    const element = document.querySelector(path);
    const isBefore = () => Math.abs(element.scrollTop) < Math.abs(top) - 1
      || Math.abs(element.scrollLeft) < Math.abs(left) - 1;
    if (element && isBefore()) element.scrollTo({ left, top, behavior: "instant" });
    return element !== null && !isBefore();
  }

  /** Show the app's log in the console. A text is never a format there. */
  function log({ entries, left_out: count, heard }) {
    if (count) console.info("%s", `${count} entries of the app's log were left out.`);
    for (const [method, text] of entries) console[method]("%s", text);
    dataset.heard = heard;
  }

  /** Load the page again, with the files of these names, or an error in its place. */
  async function reload({ names, fails } = {}) {
    await renew(names).catch(() => {}); // the page may have replaced what that needs
    const act = () => {
      keepPlace(fails);
      if (leaves) window.stop(); // or Chromium ignores a reload while another one is underway
      leaves = true;
      location.reload();
    };
    if (dataset.posted === undefined) act();
    else sign.show("The app has changed. This page answers a form: ", { label: "send it again", act });
  }

  // -- what the page has loaded -------------------------------------------------------------------

  // The app may clear the browser's own list, which is short. By address without the query.
  const loaded = new Map(), MOST_LOADED = 5000;

  function remember({ name, initiatorType }) {
    const key = name.split(/[?#]/, 1)[0];
    if (/[?&]devtui=/.test(name) || loaded.has(key)) return; // what the page itself has loaded
    if (loaded.size >= MOST_LOADED) loaded.delete(loaded.keys().next().value);
    loaded.set(key, { name, initiatorType });
  }

  /** The addresses of these files that a window has loaded; without names, of all but requests. */
  function loadedBy(view, names) {
    const entries = view.performance.getEntriesByType("resource");
    if (view === window) entries.push(...loaded.values());
    const isWanted = ({ name, initiatorType }) =>
      names ? names.includes(nameOf(name)) : !/fetch|request|beacon|frame|other/.test(initiatorType);
    return entries.filter((entry) => isOwn(entry.name) && isWanted(entry)).map(({ name }) => name)
      .filter((href) => !/[?&]devtui=|\/\.devtui\//.test(href));
  }

  /** Have the browser's cache load these files again, if it may keep them without asking. */
  async function renew(names = []) {
    const hrefs = new Set([...views(window)].flatMap((view) => loadedBy(view, names)));
    const signal = AbortSignal.timeout(LONGEST_WAIT);
    await Promise.allSettled([...hrefs].map(async (href) => {
      const { headers, body } = await fetch(href, { cache: "force-cache", signal });
      body?.cancel();
      if (/no-cache|no-store/i.test(headers.get("Cache-Control"))) return;
      await (await fetch(href, { cache: "reload", signal })).arrayBuffer();
    }));
  }

  /** Have saved files shown wherever they are; load the page again if such a place is not found. */
  function swap(names) {
    const renewed = renew(names);
    for (const view of views(window)) {
      const found = [...swapStyleSheets(view, names, renewed), ...swapImages(view.document, names)];
      const missing = names.filter((name) => !found.includes(name));
      if (loadedBy(view, missing).length) renewed.then(() => reload());
    }
  }

  /** This window, and its frames of the same origin. */
  function* views(view) {
    try {
      view.document;
    } catch {
      return;
    }
    yield view;
    for (let number = 0; number < view.frames.length; number += 1) yield* views(view.frames[number]);
  }

  /** A document, and the open shadows in it. */
  function* roots(root) {
    yield root;
    for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) yield* roots(shadowRoot);
  }

  /** The rules of a style sheet, unless it is of another origin. */
  function rulesOf(sheet) {
    try {
      return [...sheet.cssRules];
    } catch {
      return [];
    }
  }

  /** Whether an address is one of this server's. */
  function isOwn(href, base) {
    try {
      return new URL(href, base).href.startsWith(location.origin + "/");
    } catch {
      return false; // it is not an address
    }
  }

  /** The name of the file that an address may be of. */
  function nameOf(href) {
    const last = href.split(/[?#]/, 1)[0].split("/").at(-1);
    try {
      return decodeURIComponent(last);
    } catch {
      return last;
    }
  }

  function renewedAddress(href, base) {
    const address = new URL(href, base);
    address.searchParams.set("devtui", Date.now());
    return address.href;
  }

  // -- style sheets -------------------------------------------------------------------------------

  // What takes the place of an element once it is loaded; and the elements that go then.
  const successor = new WeakMap(), replacedBy = new WeakMap();

  /** Load those of these names again, and those that import one. One that was never loaded may be a
      part of any. Return the names that were found. */
  function swapStyleSheets(view, names, renewed) {
    const all = [...roots(view.document)];
    const links = all.flatMap((root) => [...root.querySelectorAll('link[rel~="stylesheet" i][href]')])
      .filter((link) => isOwn(link.href) && !successor.has(link));
    const found = new Set();
    const isOf = (href) => names.includes(nameOf(href)) && found.add(nameOf(href));
    const named = links.filter((link) => isOf(link.href));
    const importing = all.flatMap((root) => [...root.styleSheets])
      .filter((sheet) => imported(sheet).filter(isOf).length).map(({ ownerNode }) => newest(ownerNode));
    const isPart = names.some((name) =>
      name.endsWith(".css") && !found.has(name) && !loadedBy(view, [name]).length);
    (isPart ? links : named).filter((link) => !importing.includes(link)).forEach(replace);
    renewed.then(() => new Set(importing.map(newest)).forEach(replace));
    return found;
  }

  function newest(element) {
    return successor.has(element) ? newest(successor.get(element)) : element;
  }

  /** The addresses of all that a style sheet imports. */
  function imported(sheet) {
    return rulesOf(sheet).filter((rule) => rule.styleSheet)
      .flatMap((rule) => [rule.href, ...imported(rule.styleSheet)]);
  }

  function replace(old) {
    const href = old.href && renewedAddress(old.href, old.baseURI);
    if (old.disabled) {
      if (href) old.href = href; // loaded when the page enables it
      return;
    }
    const next = old.cloneNode(true);
    const before = [...(replacedBy.get(old) ?? []), old];
    successor.set(old, next);
    replacedBy.set(next, before);
    next.removeAttribute("integrity"); // that of the old text
    if (href) next.href = href;
    // Not before it is there: the page must not be bare in between.
    next.onload = () => before.forEach((one) => one.remove());
    next.onerror = () => {
      next.remove();
      successor.delete(old);
    };
    old.after(next);
  }

  // -- images -------------------------------------------------------------------------------------

  const IMAGES = "img, picture > source, input, video, link[rel~=icon i], image, use, feImage";
  const ADDRESSES = ["src", "srcset", "poster", "href", "background"];

  /** Renew the addresses of these images wherever they are; return the names that were found. */
  function swapImages(page, names) {
    const found = new Set();
    const change = (text, addresses, base) => text.replace(addresses, (href) => {
      if (!names.includes(nameOf(href)) || !isOwn(href, base)) return href;
      found.add(nameOf(href));
      return renewedAddress(href, base);
    });
    const changeStyle = (style, base) => {
      const text = change(style.cssText, /(?<=url\(["']?)[^"')]+/g, base);
      if (text !== style.cssText) style.cssText = text;
    };
    const changeRules = (sheet, base) => {
      for (const { style, styleSheet, cssRules } of rulesOf(sheet)) {
        if (style) changeStyle(style, base);
        if (styleSheet) changeRules(styleSheet, styleSheet.href);
        if (cssRules) changeRules({ cssRules }, base);
      }
    };
    for (const root of roots(page)) {
      for (const element of root.querySelectorAll(`${IMAGES}, [background]`)) {
        for (const attribute of element.attributes) {
          const addresses = attribute.localName === "srcset" ? /[^\s,]+/g : /.+/s;
          if (!ADDRESSES.includes(attribute.localName)) continue;
          const value = change(attribute.value, addresses, page.baseURI);
          if (value !== attribute.value) attribute.value = value;
        }
      }
      for (const element of root.querySelectorAll("[style]")) changeStyle(element.style, page.baseURI);
      for (const sheet of [...root.styleSheets, ...(root.adoptedStyleSheets ?? [])]) {
        changeRules(sheet, sheet.href ?? page.baseURI);
      }
    }
    return found;
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

  // -- the beginning ------------------------------------------------------------------------------

  /** The windows around this one that it may look into. */
  function* windowsAround() {
    for (let view = window; view !== view.parent;) {
      view = view.parent;
      try {
        view.document;
      } catch {
        continue; // of another origin
      }
      yield view;
    }
  }

  const around = [...windowsAround()];

  /** Follow the saves, unless a page around this one does: a frame goes with that. */
  function begin() {
    const isWithin = around.some((view) => view[HAS_SCRIPT])
      // A frame in a sandbox may not look.
      || (origin === "null" && [...(location.ancestorOrigins ?? [])].at(-1) === location.origin);
    if (isWithin) return;
    new PerformanceObserver((list) => {
      list.getEntries().forEach(remember);
    }).observe({ type: "resource", buffered: true });
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
      if (document.hidden || !connected) return;
      connect();
      ask();
    });
    window.addEventListener("online", ask);
    setInterval(ask, ASK_EVERY);
    returnToPlace();
    connect();
  }

  const outermost = around.at(-1) ?? window;
  if (outermost === window || outermost.document.readyState === "complete") begin();
  else outermost.addEventListener("load", begin, { once: true }); // its own script may come later
})();
