"use strict";
const chart = frame.chart(document.getElementById("chart"));
chart.setOption({ animation: false, tooltip: {}, series: [{ type: "gauge", data: [{ value: 62, name: "share" }] }] });
chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: 0 });
document.body.dataset.series = chart.getOption().series.map((series) => series.type).join();
