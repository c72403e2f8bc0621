// Draws the charts of a report. Reads the one JSON element of the page, asks nobody for anything.
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const seconds = data.seconds, holder = document.getElementById('charts');
  const at = seconds.at_s, broad = () => window.innerWidth > 700;
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const has = (column) => column.some((value) => value !== null);
  const ms = (name) => seconds[name].map((value) => value === null ? null : value * 1e3);
  const rate = (name) => seconds[name].map((value, i) => value === null ? null : value / seconds.length_s[i]);
  const percent = (name) => seconds[name].map((value) => value === null ? null : value * 100);
  const digits = (value) => value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1)
    : value >= 1 ? value.toFixed(2) : value === 0 ? '0' : value.toPrecision(2);
  const text = (unit) => (_, value) => value === null || value === undefined ? '-' : digits(value) + (unit ? ' ' + unit : '');
  const clock = (value) => value < 60 ? `${+value.toFixed(1)} s` : `${Math.floor(value / 60)}:${String(Math.floor(value % 60)).padStart(2, '0')}`;

  // Where stages begin and where they hold: a band for each hold, a line and a name for each beginning.
  function drawStages(chart) {
    const { ctx, bbox } = chart, pixel = window.devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${11 * pixel}px system-ui, sans-serif`;
    ctx.textBaseline = 'top';
    for (const stage of data.stages) {
      const [began, held, ended] = [stage.began_s, stage.held_from_s, stage.ended_s].map((x) => chart.valToPos(x, 'x', true));
      ctx.fillStyle = color('--band');
      ctx.fillRect(held, bbox.top, ended - held, bbox.height);
      ctx.fillStyle = color('--line');
      ctx.fillRect(Math.round(began), bbox.top, pixel, bbox.height);
      if (ctx.measureText(stage.name).width < ended - began) {
        ctx.fillStyle = color('--soft');
        ctx.fillText(stage.name, began + 5 * pixel, bbox.top + 3 * pixel);
      }
    }
    ctx.restore();
  }

  function drawLimits(latency) {
    const limits = data.limits.filter((limit) => limit.metric.split('.')[0] === latency);
    return (chart) => {
      const { ctx, bbox } = chart, pixel = window.devicePixelRatio || 1;
      for (const limit of limits) {
        const y = chart.valToPos(limit.limit * 1e3, 'y', true);
        if (!(y > bbox.top && y < bbox.top + bbox.height)) continue;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = color('--bad');
        ctx.lineWidth = pixel;
        ctx.setLineDash([5 * pixel, 4 * pixel]);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
        ctx.font = `${11 * pixel}px system-ui, sans-serif`;
        ctx.textAlign = 'right';
        ctx.setLineDash([]);
        ctx.lineJoin = 'round';
        ctx.lineWidth = 4 * pixel;
        ctx.strokeStyle = color('--card');
        ctx.strokeText(limit.text, bbox.left + bbox.width - 5 * pixel, y - 5 * pixel);
        ctx.fillText(limit.text, bbox.left + bbox.width - 5 * pixel, y - 5 * pixel);
        ctx.restore();
      }
    };
  }

  const axis = (more) => ({ stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line'), width: 1 }, font: '12px system-ui, sans-serif', ...more });
  const line = (label, index, value, more) => ({ label, stroke: color(`--c${index}`), width: 1.6, value, spanGaps: true, points: { show: at.length < 3 }, ...more });
  const values = (unit) => (_, ticks) => ticks.map((tick) => `${tick >= 1000 ? digits(tick) : +tick.toPrecision(3)}${unit ? ' ' + unit : ''}`);
  const left = (unit) => axis({ size: 66, values: values(unit) });
  const right = (unit, scale) => axis({ size: 66, side: 1, scale, grid: { show: false }, values: values(unit) });
  const fromZero = (_, low, high) => [0, high > 0 ? high * 1.08 : 1];

  function overTime(title, note, lines, axes, draw = []) {
    return {
      title, note, columns: [at, ...lines.map((entry) => entry[0])],
      options: {
        scales: { x: { time: false, range: (_, low, high) => [0, Math.max(high, 1)] }, y: { range: fromZero }, right: { range: fromZero } },
        axes: [axis({ values: (_, ticks) => ticks.map(clock) }), ...axes],
        series: [{ label: 'time', value: (_, value) => value === null ? '-' : clock(value) }, ...lines.map((entry) => entry[1])],
        hooks: { drawClear: [drawStages], draw },
      },
    };
  }

  function latency(name, title, note) {
    const lines = [['p50', 1], ['p90', 2], ['p99', 3], ['max', 4]]
      .map(([statistic, index]) => [ms(`${name}.${statistic}`), line(statistic, index, text('ms'))]);
    return overTime(title, note, lines, [left('ms')], [drawLimits(name)]);
  }

  function players() {
    const lines = [
      [seconds.bots, line('players', 1, text(''), { width: 2 })],
      [rate('frames'), line('frames/s', 2, text(''), { scale: 'right' })],
      [rate('sent'), line('actions/s', 3, text(''), { scale: 'right' })],
      [rate('failed'), line('errors/s', 4, text(''), { scale: 'right' })],
    ];
    return overTime('Players and rates', 'Players on the left; what they sent and got a second on the right.', lines, [left(''), right('', 'right')]);
  }

  function cpu() {
    const lines = [
      [percent('server.cpu'), line('server', 1, text('%'))],
      [percent('generator.cpu'), line('generator', 5, text('%'), { dash: [5, 4] })],
      [seconds['server.rss'].map((value) => value === null ? null : value / 1048576), line('server memory', 3, text('MiB'), { scale: 'right' })],
    ];
    return overTime('CPU and memory', 'Shares of one core on the left, memory on the right.', lines, [left('%'), right('MiB', 'right')]);
  }

  function overruns() {
    const bars = { fill: color('--c4'), paths: uPlot.paths.bars({ size: [0.7, 30] }), points: { show: false } };
    return overTime('Tick overruns', 'Ticks of the server each second that came or ended too late.', [[seconds['server.overruns'].map((value) => value || null), line('overruns', 4, text(''), { ...bars, spanGaps: false })]], [{ ...left(''), incrs: [1, 2, 5, 10, 20, 50, 100] }]);
  }

  function distribution() {
    const names = Object.keys(data.curves.latencies), last = data.curves.x.length - 1;
    const share = (x) => x <= 1 ? '0 %' : `${+(100 * (1 - 1 / x)).toFixed(Math.max(0, Math.ceil(Math.log10(x)) - 1))} %`;
    const marks = [1, ...(broad() ? [2] : []), 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];
    return {
      title: 'Distribution of latencies', note: 'How long the fastest so many percent took at most, over all holds; ever finer towards the slowest.',
      columns: [data.curves.x, ...names.map((name) => data.curves.latencies[name].map((value) => value === null ? null : value * 1e3))],
      options: {
        scales: { x: { time: false, distr: 3, range: () => [1, Math.max(2, data.curves.x[last])] }, y: { range: fromZero } },
        axes: [
          axis({ splits: () => marks.filter((mark) => mark <= data.curves.x[last]), filter: (_, splits) => splits, values: (_, ticks) => ticks.map(share) }),
          left('ms'),
        ],
        series: [{ label: 'percentile', value: (_, value) => value === null ? '-' : share(value) },
          ...names.map((name) => line(name, { ack: 1, seen: 2, age: 3, send_late: 5 }[name], text('ms'), { points: { show: false } }))],
        hooks: {},
      },
    };
  }

  function charts() {
    const found = [latency('ack', 'Input to ack', 'From when an action should have been sent to the answer that it was taken.')];
    if (has(seconds['seen.p50'])) found.push(latency('seen', 'Input to seen', 'From when an action should have been sent to when another player saw it.'));
    if (has(seconds['age.p50'])) found.push(latency('age', 'Age of state', 'How old the state was when players got it.'));
    found.push(players(), cpu());
    if (has(seconds['server.overruns'])) found.push(overruns());
    if (data.curves.x.length > 2) found.push(distribution());
    return found;
  }

  let drawn = [];
  function draw() {
    drawn.forEach(({ chart }) => chart.destroy());
    holder.replaceChildren();
    // All cards first: only when all are there does each have its width.
    const all = charts(), cards = all.map((entry, index) => card(entry, index === all.length - 1 && all.length % 2));
    drawn = all.map(({ columns, options }, index) => ({
      card: cards[index],
      chart: new uPlot({ ...options, ...size(cards[index]), cursor: { points: { size: 6 } } }, columns, cards[index]),
    }));
  }
  function card({ title, note }, alone) {
    const made = document.createElement('div'), head = document.createElement('h2'), words = document.createElement('p');
    made.className = 'chart' + (alone ? ' broad' : '');
    head.textContent = title;
    words.textContent = note;
    made.append(head, words);
    holder.append(made);
    return made;
  }
  const size = (card) => ({ width: card.clientWidth - (broad() ? 32 : 24), height: broad() ? 260 : 220 });
  if (!at.length) return;
  draw();
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (width === window.innerWidth) return;
    width = window.innerWidth;
    drawn.forEach(({ card, chart }) => chart.setSize(size(card)));
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
