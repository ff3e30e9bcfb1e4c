// Puts each new drawing of the server in place of the last.
"use strict";

{
  const place = document.getElementById("operating");
  live("/operations/events", (html) => {
    place.innerHTML = html;
  });
}
