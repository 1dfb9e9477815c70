// A TCP connection: its plots, its queues, its timers, what limits it.

import { h, duration } from './panes.js'

const SVG = 'http://www.w3.org/2000/svg'
const KINDS = {
  flight: 'in flight', sacked: 'SACKed: it has arrived', lost: 'believed lost', again: 'sent again', unsent: 'written, not sent',
  unread: 'to be read', hole: 'a hole: missing', ofo: 'behind the hole', room: 'the window allows',
}
const MARKS = { data: 'data', sack: 'SACK', fin: 'FIN', syn: 'SYN', again: 'again', rst: 'RST' }
const SIGNS = { sacked: 'S', lost: 'L', again: 'R', hole: '?' }

function draw(name, attrs) {
  const e = document.createElementNS(SVG, name)
  for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v)
  return e
}

function short(n) {
  if (n < 10000) return String(n)
  for (const u of ['k', 'M', 'G', 'T']) if ((n /= 1000) < 999.5) return `${n.toPrecision(3)} ${u}`
  return `${n.toFixed(0)} P`
}

const seconds = (ns, span) => `${(ns / 1e9).toFixed(span < 1e6 ? 7 : span < 1e8 ? 5 : 3)} s`

// valueAt is what a series is at a time.
function valueAt(s, at) {
  if (s.now !== undefined) return s.now
  let v
  for (const q of s.points || []) if (q.at <= at) v = q.v
  return v
}

// plot draws values over time, with axes; a sequence plot has its segments too.
export function plot(p) {
  const W = 520, H = p.kind === 'sequence' ? 240 : 170, L = 62, B = 18, T = 6
  const text = v => p.time ? duration(v) : short(v)
  const marks = p.marks || [], series = p.series || []
  const firm = [...series.filter(s => !s.loose).flatMap(s => (s.points || []).map(q => q.v)), ...marks.flatMap(m => [m.from, m.to])]
  const loose = series.filter(s => s.loose).flatMap(s => (s.points || []).map(q => q.v))
  let top = Math.max(0, ...firm)
  const low = Math.min(top, ...firm)
  top = Math.max(top, ...loose.filter(v => !firm.length || v <= top + (top - low) / 2), 1)
  const base = low > top / 2 && low < top ? low : 0
  const span = Math.max(1, p.to - p.from)
  const x = t => L + (W - L - 6) * (t - p.from) / span, y = v => H - B - (H - B - T) * (v - base) / Math.max(1, top - base)
  const svg = draw('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `${p.title}, from ${text(base)} to ${text(top)} ${p.unit}. ${p.says || ''}` })
  svg.append(draw('path', { class: 'axis', d: `M${L} ${T}V${H - B}H${W - 6}` }))
  for (const v of [base, base + (top - base) / 2, top]) {
    const t = draw('text', { class: 'tick end', x: L - 5, y: y(v) + 4 })
    t.textContent = text(Math.round(v))
    svg.append(t, draw('path', { class: 'grid', d: `M${L} ${y(v).toFixed(1)}H${W - 6}` }))
  }
  for (const [at, cls] of [[p.from, 'tick'], [p.to, 'tick end']]) {
    const t = draw('text', { class: cls, x: at === p.from ? L : W - 6, y: H - 4 })
    t.textContent = seconds(at, span)
    svg.append(t)
  }
  const clip = `plot${Math.random().toString(36).slice(2)}`
  const c = draw('clipPath', { id: clip })
  c.append(draw('rect', { x: L, y: T - 2, width: W - L - 4, height: H - B - T + 4 }))
  const g = draw('g', { 'clip-path': `url(#${clip})` })
  svg.append(c, g)
  for (const [i, s] of [...series.entries()].reverse()) { // the first, on top
    let d = ''
    for (const q of s.points || []) d += d ? `H${x(q.at).toFixed(1)}V${y(q.v).toFixed(1)}` : `M${x(q.at).toFixed(1)} ${y(q.v).toFixed(1)}`
    if (d) g.append(draw('path', { d: d + `H${x(p.to).toFixed(1)}`, class: `series s${i % 4}` }))
  }
  for (const kind of Object.keys(MARKS)) {
    let d = ''
    for (const m of marks) {
      if (m.kind !== kind) continue
      const X = x(m.at).toFixed(1), a = y(m.from), b = Math.min(y(m.to), a - 2)
      d += `M${X} ${a.toFixed(1)}V${b.toFixed(1)}`
      if (kind === 'again') d += `m-3 0h6M${(+X - 3).toFixed(1)} ${a.toFixed(1)}h6`
      if (kind === 'rst' || kind === 'syn' || kind === 'fin') d += `m-4 0h8`
    }
    if (d) g.append(draw('path', { d, class: `mark ${kind}` }))
  }
  if (p.here >= p.from && p.here <= p.to) svg.append(draw('path', { class: 'now', d: `M${x(p.here).toFixed(1)} ${T}V${H - B}` }))
  const kinds = new Set(marks.map(m => m.kind))
  return h('figure', {}, h('figcaption', {}, h('b', {}, `${p.title}${p.unit ? ', ' + p.unit : ''}`), ` ${p.scope}${p.left ? '; ' + p.left : ''}`), svg,
    h('p', { class: 'legend' }, ...series.map((s, i) => {
      const v = valueAt(s, p.here)
      return h('span', { class: `s${i % 4}` }, `━ ${s.name}${v === undefined ? '' : ' ' + (p.time ? duration(v) : v)}${v > top ? ' ↑' : ''}`)
    }), ...Object.keys(MARKS).filter(k => kinds.has(k)).map(k => h('span', { class: `mark ${k}` }, `┃ ${MARKS[k]}`))),
    p.says ? h('p', { class: 'plotsays' }, p.says) : '')
}

// queue is the bytes of one direction as a bar.
function queue(title, q) {
  const other = (q.spans || []).filter(s => s.kind !== 'room').reduce((n, s) => n + s.to - s.from, 0)
  const weight = s => s.kind === 'room' && other ? Math.min(s.to - s.from, Math.max(1, other / 2)) : s.to - s.from
  const bar = h('div', { class: 'bytes', role: 'img', 'aria-label': `${title}: ${q.says}` }, ...(q.spans || []).map(s => {
    const e = h('span', { class: `span ${s.kind}`, title: `${KINDS[s.kind]}: bytes +${s.from} to +${s.to}${s.packs ? `, ${s.packs} packets` : ''}` }, SIGNS[s.kind] || '')
    e.style.flexGrow = weight(s)
    return e
  }))
  return [h('h3', {}, title), h('p', {}, q.says), (q.spans || []).length ? bar : '', h('p', { class: 'edges' }, (q.edges || []).map((e, i) => i ? `${e.name} +${e.at}` : `${e.name} ${q.base}`).join('   ')),
    legend((q.spans || []).map(s => s.kind))]
}

function legend(kinds) {
  return h('p', { class: 'legend' }, ...[...new Set(kinds)].map(k => h('span', {}, h('i', { class: `span ${k}` }, SIGNS[k] || ' '), ` ${KINDS[k]}`)))
}

// page is all that is known of a connection at the step.
export function page(t) {
  if (!t) return []
  const out = [h('h3', {}, `${t.ends} `, h('code', {}, t.state), t.cong ? ` congestion state ${t.cong}` : ''),
    h('p', { class: 'limit' }, 'sending is limited by ', h('strong', {}, t.limit.what), t.limit.guess ? ' (reckoned: see below)' : ''), h('p', { class: 'says' }, t.limit.says)]
  if ((t.limit.share || []).length) {
    const bar = h('div', { class: 'bytes shares', role: 'img', 'aria-label': t.limit.share.map(s => `${s.what} ${s.percent} per cent`).join(', ') }, ...t.limit.share.map((s, i) => {
      const e = h('span', { class: `share n${i % 5}`, title: `${s.what}: ${duration(s.ns)}` }, `${s.what} ${s.percent}%`)
      e.style.flexGrow = s.ns
      return e
    }))
    out.push(bar, h('p', { class: 'edges' }, `so far, ${t.since || ''}`))
  }
  if (t.recv) out.push(h('p', {}, `Receiving: ${t.recv}`))
  if (t.send && (t.send.spans || []).length + ((t.got || {}).spans || []).length) out.push(...queue('send queue', t.send), ...queue('receive queue', t.got))
  out.push(h('h3', {}, 'timers'), h('table', { class: 'times' }, ...(t.timers || []).filter(x => x.armed).map(x => {
    const b = h('span', { class: 'bar', role: 'img', 'aria-label': `${x.full ? Math.round(100 * (x.left || 0) / x.full) : 0} per cent left` }, h('span', {}))
    b.firstChild.style.inlineSize = `${x.full ? 100 * (x.left || 0) / x.full : 0}%`
    return h('tr', {}, h('th', {}, x.name), h('td', {}, b), h('td', {}, `in ${duration(x.left || 0)}${x.full > x.left ? ` of ${duration(x.full)}` : ''}`), h('td', {}, x.what))
  })), h('p', { class: 'edges' }, 'off: ' + (t.timers || []).filter(x => !x.armed).map(x => x.name).join(', ')))
  if (t.said) {
    const board = t.board || [], total = Math.max(1, ...board.map(b => b.to))
    out.push(h('h3', {}, 'scoreboard'), h('p', {}, t.said), legend(board.map(b => b.kind)), h('div', { class: 'board' }, ...board.slice(0, 60).map(b => {
      const e = h('span', { class: `span ${b.kind}` }, SIGNS[b.kind] || '')
      e.style.marginInlineStart = `${100 * b.from / total}%`
      e.style.inlineSize = `${Math.max(0.5, 100 * (b.to - b.from) / total)}%`
      return h('div', { title: `bytes +${b.from} to +${b.to}, ${b.segs} segments, ${KINDS[b.kind]}${b.age ? `, sent ${duration(b.age)} ago` : ''}` }, e)
    })))
  }
  if (t.note) out.push(h('p', { class: 'what' }, t.note))
  return out
}
