// Listens to a page's events and says so in its masthead; also when none come.
"use strict";

function span(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function live(url, show) {
  const QUIET = 12000; // milliseconds without news after which the numbers are called old
  const link = document.getElementById("link");
  let heard = 0;

  function say(name, word) {
    if (link.textContent !== word) link.textContent = word;
    link.className = `state ${name}`;
  }

  const events = new EventSource(url);
  events.onmessage = (event) => {
    heard = Date.now();
    say("good", "live");
    show(event.data);
  };
  events.onerror = () => say("warn", "reconnecting");
  setInterval(() => {
    if (heard && Date.now() - heard > QUIET) say("warn", `no news for ${span((Date.now() - heard) / 1000)}`);
  }, 1000);
}
