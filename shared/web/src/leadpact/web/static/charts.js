// ECharts in the frame's colours, read from the stylesheet; tooltips are drawn on the canvas, for the policy on
// inline styles forbids the others. Use: frame.chart(element) gives an ECharts instance that follows its size.
"use strict";

const frame = {
  colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  },

  theme() {
    const [ink, soft, line] = ["ink", "soft", "line"].map(frame.colour);
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const axis = {
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: { color: soft, fontSize: 0.85 * size },
      splitLine: { lineStyle: { color: line } },
      nameTextStyle: { color: soft, fontSize: 0.85 * size },
    };
    return {
      color: ["blue", "orange", "green", "sky", "vermillion", "purple", "yellow"].map(frame.colour),
      backgroundColor: "transparent",
      textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: size },
      categoryAxis: axis,
      valueAxis: axis,
      timeAxis: axis,
      legend: { textStyle: { color: soft, fontSize: 0.85 * size } },
      tooltip: { renderMode: "richText" },
      line: { lineStyle: { width: 0.15 * size }, symbolSize: 0.4 * size },
      gauge: {
        axisLine: { lineStyle: { color: [[1, line]] } },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: soft } },
        axisLabel: { color: soft, fontSize: 0.75 * size },
        detail: { color: ink, fontSize: 1.6 * size },
        title: { color: soft, fontSize: size },
      },
    };
  },

  chart(element) {
    const chart = echarts.init(element, frame.theme());
    new ResizeObserver(() => chart.resize()).observe(element);
    return chart;
  },
};
