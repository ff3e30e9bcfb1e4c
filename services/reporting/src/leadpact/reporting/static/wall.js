// Draws the wall's events.
"use strict";

(async () => {
  const panels = await (await fetch("/wall/panels.json")).json();
  const line = document.getElementById("freshness-line");

  live("/wall/events", (text) => {
    const wall = JSON.parse(text);
    line.textContent = wall.as_of ? `as of ${wall.as_of_text} · ${span(wall.behind_seconds)} behind` : "nothing read yet";
    line.dataset.scaled = wall.speed === 1 || !wall.as_of ? "" : " in business time";
    const others = wall.in_force > 1 ? `, one of ${wall.in_force} in force` : wall.in_force ? "" : ", withdrawn: none is in force";
    document.getElementById("agreement").textContent = wall.agreement ? `${wall.agreement}${others}` : "No agreement in force yet";
    for (const panel of panels)
      draw(panel, document.getElementById(panel.id), wall.panels[panel.id], wall);
    document.getElementById("board").setAttribute("aria-busy", "false");
  });
})();
