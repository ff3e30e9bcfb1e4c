// Listens to the wall's events and draws them; says so when none come.
"use strict";

(async () => {
  const QUIET = 12000; // milliseconds without news after which the numbers are called old
  const panels = await (await fetch("/wall/panels.json")).json();
  const link = document.getElementById("link");
  const line = document.getElementById("freshness-line");
  let heard = 0;

  function say(name, word) {
    if (link.textContent !== word) link.textContent = word;
    link.className = `state ${name}`;
  }

  function span(seconds) {
    if (seconds < 120) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    return `${Math.round(seconds / 3600)} h`;
  }

  function show(wall) {
    heard = Date.now();
    say("good", "live");
    line.textContent = wall.as_of ? `as of ${wall.as_of_text} · ${span(wall.behind_seconds)} behind` : "nothing read yet";
    line.dataset.scaled = wall.speed === 1 || !wall.as_of ? "" : " in business time";
    const others = wall.in_force > 1 ? `, one of ${wall.in_force} in force` : "";
    document.getElementById("agreement").textContent = wall.agreement ? `${wall.agreement}${others}` : "No agreement in force yet";
    for (const panel of panels)
      draw(panel, document.getElementById(panel.id), wall.panels[panel.id], wall);
    document.getElementById("board").setAttribute("aria-busy", "false");
  }

  const events = new EventSource("/wall/events");
  events.onmessage = (event) => show(JSON.parse(event.data));
  events.onerror = () => say("warn", "reconnecting");
  setInterval(() => {
    if (heard && Date.now() - heard > QUIET) say("warn", `no news for ${span((Date.now() - heard) / 1000)}`);
  }, 1000);
})();
