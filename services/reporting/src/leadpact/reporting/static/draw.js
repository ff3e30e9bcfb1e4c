// How each kind of panel is drawn. Every chart has a table of the same rows for those who do not see it, and every
// state has a word, for colour alone says nothing.
"use strict";

const draw = (() => {
  const charts = new Map();
  const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const count = (n) => plain.format(n).replaceAll(",", "\u202f");
  const percent = (x) => `${Math.round(x * 100)} %`;
  const words = (name) => name.replaceAll("_", " ");

  const date = (day) => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(day));

  // The next even step of an axis: 1, 2, 2.5 or 5 times a power of ten, in whole numbers.
  function even(least) {
    const ten = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 2.5, 5, 10].map((of) => of * ten).find((of) => of >= least && Number.isInteger(of));
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function duration(seconds) {
    const sign = seconds < 0 ? "−" : "";
    const all = Math.abs(Math.trunc(seconds));
    if (all < 120) return `${sign}${all} s`;
    const [d, h, m] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60];
    if (d) return `${sign}${d} d ${h} h`;
    if (h) return `${sign}${h} h ${m} min`;
    return `${sign}${m} min`;
  }

  function state(name, word) {
    return element("span", { class: `state ${name}` }, word);
  }

  function figure(value, ...beside) {
    return element("p", { class: "figure" }, ...[value].flat(), ...beside);
  }

  // A duration as a figure: big numbers, small units.
  function length(seconds) {
    return duration(seconds).split(" ").map((part) => (/\d/.test(part) ? part : element("small", {}, part)));
  }

  // The word for a value stands on a line of its own, so that nothing moves when it changes.
  function verdict(name, word) {
    return element("p", { class: "verdict" }, state(name, word));
  }

  function link(href, ...text) {
    return element("a", { href }, ...text);
  }

  function soft(...text) {
    return detail(element("span", { class: "soft" }, ...text));
  }

  function empty(panel, body, text, wall) {
    const until = wall.history_until;
    const why = until && panel.span !== "now" ? [soft(`History only: the newest fact is of ${until}. `, link("/leads", "The leads in it"))] : [];
    body.replaceChildren(element("p", { class: "empty" }, text), ...why);
  }

  function detail(...parts) {
    return element("p", { class: "detail" }, ...parts);
  }

  function track(...marks) {
    const made = element("div", { class: "track", "aria-hidden": "true" });
    for (const [kind, from, to] of marks) {
      const mark = element("i", { class: kind });
      mark.style.left = `${Math.min(1, Math.max(0, from)) * 100}%`;
      if (to !== undefined) mark.style.width = `${Math.min(1, Math.max(0, to - from)) * 100}%`;
      made.append(mark);
    }
    return made;
  }

  function table(captions, rows, attributes) {
    const head = element("tr", {}, ...captions.map((caption) => element("th", { scope: "col" }, caption)));
    const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell ?? "–"))));
    return element("table", attributes, element("thead", {}, head), element("tbody", {}, ...body));
  }

  // A few figures under a big one; what the columns are is only told to those who do not see it.
  function small(captions, rows) {
    const made = table(captions, rows, { class: "small" });
    made.tHead.className = "unseen";
    return made;
  }

  // A chart stays from tick to tick and is only given new data, so that nothing flickers.
  function chart(panel, body, shown, captions, rows, option) {
    let kept = charts.get(panel.id);
    if (!kept || !body.contains(kept.place)) {
      const place = element("div", { class: "chart", role: "img" });
      const hidden = element("div", { class: "unseen" });
      body.replaceChildren(place, hidden);
      kept = { place, hidden, drawn: frame.chart(place) };
      charts.set(panel.id, kept);
    }
    kept.place.setAttribute("aria-label", `${panel.title}, ${shown.note}; the table that follows has the numbers`);
    kept.hidden.replaceChildren(table(captions, rows, {}));
    const series = option.series.map((one, i) => ({ id: one.name ?? String(i), ...one }));
    kept.drawn.setOption({ animation: false, ...option, series }, { replaceMerge: ["series"] });
  }

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const label = () => ({ color: frame.colour("ink"), fontSize: 0.85 * rem() });

  function bars(names, series, extra = {}) {
    return {
      grid: { left: 0, right: 0, top: 0.3 * rem(), bottom: 0, containLabel: true, ...extra.grid },
      xAxis: { type: "value", show: false, max: extra.max },
      yAxis: {
        type: "category", inverse: true, data: names, axisLine: { show: false },
        axisLabel: { ...label(), lineHeight: rem(), width: extra.width, overflow: "break" },
      },
      series,
    };
  }

  const kinds = {
    count(panel, body, shown, [row]) {
      const word = row.breaches ? verdict("bad", "act now") : verdict("good", "nobody waits");
      const kinds = ["routing", "first_response", "cadence"].map((kind) => [words(kind), count(row[kind])]);
      const list = row.breaches ? [detail(link("/leads?promise=missed", "The leads"))] : [];
      const past = row.history ? [soft("+ ", link("/leads?promise=missed_in_history", `${count(row.history)} from history`))] : [];
      body.replaceChildren(figure(count(row.breaches)), word, small(["promise", "breaches"], kinds), ...list, ...past);
    },

    share(panel, body, shown, [row], wall) {
      if (row.share === null) {
        empty(panel, body, row.unverified ? `${count(row.unverified)} unverified` : panel.none, wall);
        return;
      }
      const unverified = `${count(row.unverified)} unverified`;
      const word = { good: "as agreed", warn: "slipping", bad: "too many late", unsure: "too few to say" }[shown.state];
      const [median, mean, p90] = [row.median_seconds, row.mean_seconds, row.p90_seconds].map(duration);
      const times = row.median_seconds === null ? [] : [`median ${median}`, `mean ${mean}`, `90 % in ${p90}`];
      body.replaceChildren(
        figure(percent(row.share)),
        verdict(shown.state, word),
        track(["range", row.low, row.high], ["mark", row.share]),
        detail(
          `${count(row.in_time)} in time · ${count(row.missed)} missed · `,
          row.unverified ? link("/leads?promise=unverified", unverified) : unverified,
        ),
        soft(`${percent(row.low)} to ${percent(row.high)} at 95 %`),
        soft(times.map((time) => time.replaceAll(" ", "\u00a0")).join(" · ")),
      );
    },

    target(panel, body, shown, [row]) {
      const again = row.returned ? [soft(`${count(row.returned)} returned after an earlier run`)] : [];
      if (row.target === null) {
        body.replaceChildren(figure(count(row.mqls)), soft("no day of this month asks for any"), ...again);
        return;
      }
      const gap = Math.round(Math.abs(row.ahead));
      const word = gap === 0 ? "on pace" : `${count(gap)} ${row.ahead > 0 ? "ahead" : "behind"}`;
      const target = count(Math.round(row.target));
      const part = row.prorated_since ? [soft(`${target} of ${count(row.per_month)}: prorated from ${date(row.prorated_since)}`)] : [];
      body.replaceChildren(
        figure(count(row.mqls), element("span", { class: "of" }, `of ${target}`)),
        verdict(shown.state, word),
        track(["filled", 0, row.mqls / row.target], ["mark", row.pace / row.target]),
        detail(`pace asks for ${count(Math.round(row.pace))} by now`),
        ...part,
        ...again,
      );
    },

    age(panel, body, shown, rows, wall) {
      const [row] = rows;
      const word = { good: "fresh", warn: "lagging", bad: "standing still" }[shown.state];
      const scaled = wall.speed === 1 ? [] : [soft(`business time, ${count(wall.speed)} × ours`)];
      body.replaceChildren(
        figure(length(row.behind_seconds)),
        verdict(shown.state, word),
        small(["read", "behind"], rows.map((of) => [of.consumer.replace("reporting.", ""), duration(of.behind_seconds)])),
        row.parked ? detail(state("bad", `${count(row.parked)} leads set aside`)) : soft("no lead set aside"),
        ...scaled,
      );
    },

    table(panel, body, shown, rows, wall) {
      const zone = wall.zone;
      const at = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
      const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: zone });
      const lines = rows.map((row) => {
        const left = row.remaining_seconds;
        const name = left <= 0 ? "bad" : row.warned_percent >= 80 ? "warn" : "";
        const text = left <= 0 ? "due, being judged" : `${duration(left)}${row.unit === "business" ? " open" : ""}`;
        const due = new Date(row.due);
        return [
          state(name, text), `${day.format(due)} ${at.format(due)}`, words(row.kind), row.owner,
          element("a", { href: `/leads/${row.lead}` }, row.lead.slice(0, 8)),
        ];
      });
      const made = table(["Time left", "Due", "Promise", "Owner", "Lead"], lines, { class: "rows" });
      for (const one of made.rows) one.cells[3].className = "owner";
      const rest = element("p", { class: "detail more" });
      body.replaceChildren(made, rest);
      const cells = [...made.tBodies[0].rows];
      const tell = () => {
        const more = rows[0].n - cells.length;
        const open = rows.some((row) => row.unit === "business") ? [element("span", { class: "soft" }, " · open: in opening hours")] : [];
        rest.replaceChildren(link("/leads?promise=warned", more > 0 ? `${count(more)} more` : "As a list"), ...open);
      };
      tell();
      if (matchMedia("(min-width: 60rem)").matches)
        while (cells.length > 1 && body.scrollHeight > body.clientHeight) {
          cells.pop().remove();
          tell();
        }
    },

    pace(panel, body, shown, rows) {
      const days = rows.map((row) => String(Number(row.day.slice(8))));
      const asked = Math.round(rows.at(-1).pace ?? 0);
      const today = rows.findLastIndex((row) => row.delivered !== null);
      const step = even(Math.max(asked, 4, ...rows.map((row) => row.delivered ?? 0)) / 4);
      const most = Math.max(asked, 1, ...rows.map((row) => row.delivered ?? 0));
      const now = {
        symbolSize: 0.5 * rem(),
        label: {
          show: true, position: today > days.length * 0.8 ? "left" : "top", formatter: (of) => count(of.value), color: frame.colour("sky"),
          fontSize: 1.1 * rem(), fontWeight: 600, textBorderColor: frame.colour("raised"), textBorderWidth: 4,
        },
      };
      chart(panel, body, shown, ["day", "delivered", "asked for"], rows.map((row) => [row.day, row.delivered, row.pace === null ? null : Math.round(row.pace)]), {
        grid: { left: 0, right: 0.6 * rem(), top: 1.4 * rem(), bottom: 0.2 * rem(), containLabel: true },
        xAxis: { type: "category", data: days, axisLabel: { interval: (i) => i % 5 === 0 || i === days.length - 1 } },
        yAxis: { type: "value", interval: step, max: Math.ceil(most / step) * step },
        series: [
          {
            name: "pace", type: "line", step: "middle", symbol: "none", data: rows.map((row) => row.pace),
            lineStyle: { type: "dashed", width: 0.12 * rem(), color: frame.colour("orange") },
            endLabel: { show: true, formatter: `target ${count(asked)}`, color: frame.colour("orange"), fontSize: 0.8 * rem(), offset: [-4.4 * rem(), -0.8 * rem()] },
          },
          {
            name: "delivered", type: "line", symbol: "circle", symbolSize: 0, showSymbol: true, itemStyle: { color: frame.colour("sky") },
            data: rows.map((row, i) => (i === today ? { value: row.delivered, ...now } : row.delivered)),
            lineStyle: { width: 0.2 * rem(), color: frame.colour("sky") }, areaStyle: { color: frame.colour("sky"), opacity: 0.14 },
          },
        ],
      });
    },

    mix(panel, body, shown, rows, wall) {
      if (!rows[0].n) {
        empty(panel, body, panel.none, wall);
        return;
      }
      const most = Math.ceil(Math.max(...rows.map((row) => Math.max(row.share, row.pledge ?? 0))) * 10) / 10;
      const lines = rows.map((row) => {
        const pledged = row.pledge === null ? [] : [["mark", row.pledge / most]];
        const kept = row.share >= row.pledge;
        const said = row.pledge === null ? "" : state(kept ? "good" : "warn", `${kept ? "above" : "below"} ${percent(row.pledge)}`);
        return [words(row.channel), track(["filled", 0, row.share / most], ...pledged), percent(row.share), said];
      });
      const made = table(["channel", "share, marked: pledge", "share", "pledge"], lines, { class: "mix" });
      made.tHead.className = "unseen";
      body.replaceChildren(made);
    },

    funnel(panel, body, shown, rows) {
      const told = rows.map((row, i) => {
        const before = rows[i - 1];
        const rate = before && row.reached ? ` · ${percent(row.reached / before.reached)}` : "";
        const open = row.still_open ? ` · ${count(row.still_open)} open` : "";
        return `${count(row.reached)}${rate}${open}`;
      });
      if (rows[0].sales_sourced)
        shown.note += ` · apart: ${count(rows[0].sales_sourced)} sales-sourced, ${count(rows[0].sales_sourced_won)} of them customers`;
      // A bar of few stays wide enough to be seen; the numbers beside it are the true ones.
      const wide = rows.map((row) => (row.reached ? Math.max(row.reached, rows[0].reached / 100) / row.reached : 0));
      const stripes = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: "rgba(10,16,21,0.75)" };
      chart(panel, body, shown, ["stage", "reached", "still open", "ended"], rows.map((row) => [row.stage, row.reached, row.still_open, row.ended]),
        bars(rows.map((row) => row.stage), [
          { type: "bar", stack: "one", barWidth: "62%", data: rows.map((row, i) => (row.reached - row.still_open) * wide[i]), itemStyle: { color: frame.colour("sky") } },
          {
            type: "bar", stack: "one", data: rows.map((row, i) => row.still_open * wide[i]), itemStyle: { color: frame.colour("sky"), opacity: 0.75, decal: stripes },
            label: { show: true, position: "right", ...label(), formatter: (at) => told[at.dataIndex] },
          },
        ], { grid: { right: 10.5 * rem() }, width: 6 * rem() }));
    },

    bars(panel, body, shown, rows) {
      chart(panel, body, shown, ["reason", "rejections"], rows.map((row) => [words(row.reason), row.rejections]),
        bars(rows.map((row) => words(row.reason)), [{
          type: "bar", barWidth: "52%", data: rows.map((row) => row.rejections), itemStyle: { color: frame.colour("purple"), borderRadius: 2 },
          label: { show: true, position: "right", ...label(), formatter: (at) => count(at.value) },
        }], { grid: { right: 2.6 * rem() }, width: 13 * rem() }));
    },

    rate(panel, body, shown, rows, { zone, now }) {
      const step = 300000;
      const last = Math.floor(Date.parse(now) / step) * step;
      const times = Array.from({ length: 37 }, (_, i) => last - (36 - i) * step);
      const at = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
      const sources = [...new Set(rows.map((row) => row.source))].sort();
      const tell = (source) => times.map((time) => rows.find((row) => row.source === source && Date.parse(row.time) === time)?.facts ?? 0);
      chart(panel, body, shown, ["time", "source", "facts"], rows.map((row) => [at.format(new Date(row.time)), row.source, row.facts]), {
        legend: {
          top: 0, left: 0, itemWidth: 0.6 * rem(), itemHeight: 0.6 * rem(), itemGap: 0.5 * rem(), padding: 0,
          textStyle: { fontSize: 0.72 * rem() }, data: sources, type: "scroll",
        },
        grid: { left: 0, right: 0.2 * rem(), top: 1.9 * rem(), bottom: 0.2 * rem(), containLabel: true },
        xAxis: { type: "category", data: times.map((time) => at.format(new Date(time))), axisLabel: { interval: 11, alignMinLabel: "left", alignMaxLabel: "right" } },
        yAxis: { type: "value", minInterval: 1, splitNumber: 3 },
        aria: { enabled: true, label: { enabled: false }, decal: { show: sources.length > 1 } },
        series: sources.map((source) => ({ name: source, type: "bar", stack: "all", barCategoryGap: "18%", data: tell(source) })),
      });
    },
  };

  return (panel, section, shown, wall) => {
    const rows = shown.rows.map((row) => Object.fromEntries(shown.columns.map((column, i) => [column, row[i]])));
    const body = section.querySelector(".body");
    section.classList.remove("good", "warn", "bad");
    if (!rows.length || (panel.kind === "funnel" && !rows[0].reached)) {
      charts.delete(panel.id);
      empty(panel, body, panel.empty, wall);
    } else {
      if (shown.state) section.classList.add(shown.state);
      kinds[panel.kind](panel, body, shown, rows, wall);
    }
    section.querySelector(".note").textContent = shown.note;
  };
})();
