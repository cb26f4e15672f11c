// @ts-check
/**
 * Says what is wrong when the page does not start, and what is missing while it is slow to. A classic script in the
 * language of 2009 that depends on nothing: it runs before the modules, and where they cannot run at all. Its sentences
 * stand here, not in ui/strings.js, because that may be what is missing. `main.js` ends its work with `pageup`.
 */
(function () {
  'use strict';
  /** So long nothing is said of a page that is on its way, ms. */
  var PATIENCE_MS = 8000;
  /** Nothing new for this long is a line that stands still, ms. */
  var STILL_MS = 30000;
  var CHECK_MS = 1000;

  var UPDATE = 'Update the browser, or open this page in a current Chrome, Edge, Firefox or Safari.';
  var AGAIN = 'Try again; if it stays, update the browser or try another one.';
  /** Where the page's own scripts lie. */
  var home = location.href.replace(/[?#].*$/, '').replace(/[^/]*$/, '');
  var began = Date.now();
  /** The page has said that it is up. */
  var up = false;
  /** The cause is known and said. */
  var final = false;
  /** An error that may not be ours: told only if the page does not come up. */
  var hint = '';
  var files = 0;
  var moved = began;
  /** @type {HTMLElement | null} */
  var box = null;

  /** @param {string} address */
  function isOwn(address) {
    return address.indexOf(home) === 0;
  }

  /** An address as people know it: without what all of them have in front. @param {string} address */
  function short(address) {
    return isOwn(address) ? address.slice(home.length).replace(/[?#].*$/, '') : address;
  }

  /** @param {unknown} value */
  function text(value) {
    var words = value && /** @type {any} */ (value).message ? String(/** @type {any} */ (value).message) : String(value);
    return words.length > 200 ? words.slice(0, 200) + '…' : words;
  }

  /** The files of the page that have arrived, and those that the server refused, where the browser tells. */
  function arrived() {
    var refused = [];
    var count = 0;
    var entries = window.performance && performance.getEntriesByType ? /** @type {any[]} */ (performance.getEntriesByType('resource')) : [];
    for (var i = 0; i < entries.length; i += 1) {
      if (!isOwn(entries[i].name)) continue;
      if (entries[i].responseStatus >= 400) refused.push(short(entries[i].name) + ': status ' + entries[i].responseStatus);
      else count += 1;
    }
    return { count: count, refused: refused };
  }

  /** Before the page's body is there nothing can be shown. @param {() => void} work */
  function withBody(work) {
    if (document.body && document.getElementById('banners')) work();
    else if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', work, false);
    else if (document.body) work();
  }

  /**
   * @param {string} sentence
   * @param {string} next
   * @param {boolean} calm it may come up yet
   */
  function tell(sentence, next, calm) {
    withBody(function () {
      if (up && calm) return;
      if (!box) box = build();
      box.className = calm ? 'banner calm' : 'banner';
      box.setAttribute('role', calm ? 'status' : 'alert');
      var words = box.getElementsByTagName('p')[0];
      setText(words.childNodes[0], sentence);
      setText(words.childNodes[2], next);
      box.hidden = false;
      if (!calm && !up) seize(true);
    });
  }

  /** What the markup promises does not come, or does after all. @param {boolean} dead */
  function seize(dead) {
    var line = document.getElementById('engine-text');
    var bar = document.getElementById('engine-bar');
    var badge = document.getElementById('device-kind');
    if (line) setText(line, dead ? 'The page did not start.' : '');
    if (badge) setText(badge, dead ? 'Not started' : 'Starting');
    if (bar) bar.hidden = dead;
    var buttons = ['sample', 'choose-folder', 'choose-files'];
    for (var i = 0; i < buttons.length; i += 1) {
      var button = /** @type {HTMLButtonElement | null} */ (document.getElementById(buttons[i]));
      if (button) button.disabled = dead;
    }
  }

  /** What did not change is not announced anew. @param {Node} node @param {string} words */
  function setText(node, words) {
    if (node.textContent !== words) node.textContent = words;
  }

  function build() {
    var made = document.createElement('div');
    made.id = 'start-fault';
    made.hidden = true;
    var words = document.createElement('p');
    words.appendChild(document.createElement('strong'));
    words.appendChild(document.createTextNode(' '));
    words.appendChild(document.createElement('span'));
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Try again';
    button.onclick = function () {
      location.reload();
    };
    made.appendChild(words);
    made.appendChild(button);
    var place = document.getElementById('banners') || document.body;
    place.insertBefore(made, place.firstChild);
    return made;
  }

  /** @param {string} sentence @param {string} next */
  function fail(sentence, next) {
    // The first fault is the cause; those after it follow from it.
    if (final) return;
    final = true;
    tell(sentence, next, false);
  }

  /** A script that did not arrive. @param {string} address */
  function missing(address) {
    if (location.protocol === 'file:') {
      fail('This page was opened as a file, and browsers load no modules from files.', 'Open it by its web address; on your own computer “cargo xtask serve” gives it one.');
      return;
    }
    var refused = arrived().refused;
    var offline = navigator.onLine === false;
    fail('A part of the page could not be loaded (' + (refused.length ? refused.slice(0, 3).join(', ') : 'asked for by ' + short(address)) + ').',
      offline ? 'This computer is offline: connect it, then try again.' : 'Check the network, then try again; an extension, a proxy or an upload that is not complete may hold it back.');
  }

  /** @param {Event} event */
  function onError(event) {
    var target = /** @type {any} */ (event.target);
    if (target && target.tagName === 'SCRIPT') {
      if (isOwn(target.src)) missing(target.src);
      return;
    }
    if (target !== window) return;
    var fault = /** @type {ErrorEvent} */ (event);
    var where = fault.filename || '';
    // Extensions put scripts into pages too, and those of other origins have no words. An error without a place is ours:
    // WebKit names none where one module asks another for what it does not have.
    if ((where && !isOwn(where)) || /^(ResizeObserver|Script error)/.test(fault.message)) {
      hint = hint || text(fault.message);
      return;
    }
    var what = text(fault.error || fault.message) + (where ? ', ' + short(where) + (fault.lineno ? ':' + fault.lineno : '') : '');
    if (/SyntaxError/.test(fault.message) || (fault.error && fault.error.name === 'SyntaxError')) {
      fail('This browser cannot read a script of the page (' + what + ').', 'It may be too old, or the script arrived damaged. ' + AGAIN);
    } else fail('The page stopped while it was starting (' + what + ').', AGAIN);
  }

  /** @param {PromiseRejectionEvent} event */
  function onRejection(event) {
    var reason = event.reason;
    var stack = reason && reason.stack ? String(reason.stack) : '';
    if (stack.indexOf(home) >= 0) fail('The page stopped while it was starting (' + text(reason) + ').', AGAIN);
    else hint = hint || text(reason);
  }

  function check() {
    if (up || final) return;
    // Browsers hold hidden tabs back.
    if (document.hidden) {
      moved = Date.now();
      return;
    }
    var now = Date.now();
    var count = arrived().count;
    if (count !== files) {
      files = count;
      moved = now;
    }
    if (now - began < PATIENCE_MS) return;
    var so = files + (files === 1 ? ' file has' : ' files have');
    var cause = hint ? ' An error was reported: ' + hint + '.' : '';
    if (now - moved < STILL_MS) tell('The page is still being loaded: ' + so + ' arrived so far.', 'On a slow line this takes a while.' + cause, true);
    else tell('The page is not there yet, and nothing of it has arrived for ' + Math.round((now - moved) / 10000) * 10 + ' seconds: ' + so + ' arrived.', 'Check the network, then try again.' + cause, true);
  }

  function onUp() {
    clearInterval(timer);
    if (final) seize(false);
    up = true;
    final = false;
    if (box) box.hidden = true;
    // The first painting belongs to the start: its errors are told too.
    requestAnimationFrame(function () {
      requestAnimationFrame(stop);
    });
  }

  function stop() {
    window.removeEventListener('error', onError, true);
    window.removeEventListener('unhandledrejection', onRejection);
  }

  window.addEventListener('error', onError, true);
  window.addEventListener('unhandledrejection', onRejection);
  window.addEventListener('pageup', onUp);
  var timer = setInterval(check, CHECK_MS);
  if (!('noModule' in document.createElement('script'))) fail('This browser is too old for this page: it knows no JavaScript modules.', UPDATE);
})();
