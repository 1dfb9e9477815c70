// One function draws one part of the page from a Scene. Text is only ever set
// as text: nothing of a capture is taken for markup.

import { page, plot } from './tcp.js'

export function h(name, attrs, ...kids) {
  const e = document.createElement(name)
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === false || v === undefined || v === null || v === '') continue
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v)
    else e.setAttribute(k, v === true ? '' : v)
  }
  e.append(...kids.filter(x => x !== false && x !== undefined && x !== null && x !== ''))
  return e
}

const text = (id, s) => { document.getElementById(id).textContent = s || '' }
const into = (sel, ...kids) => document.querySelector(sel).replaceChildren(...kids)

export function header(s) {
  text('title', s.title)
  text('place', s.packet ? `packet ${s.packet}/${s.packets} · step ${s.step}/${s.steps}` : '')
  text('clock', s.clock + ' s')
  into('#line', `${s.who}: ${s.line}`, ...(s.hosts || []).length ? [' ', h('span', { class: 'hosts' }, ...s.hosts.map((x, i) => h('span', { class: [x.here && 'here', x.been && 'been'].filter(Boolean).join(' ') }, (i ? ' → ' : '') + x.name)))] : [])
  text('notice', s.notice)
  const p = document.getElementById('progress')
  p.hidden = s.whole
  p.value = s.packets ? 100 * s.indexed / s.packets : 0
  document.title = `packetwalk ${s.title}`
}

export function calls(s, go) {
  const here = (s.tree || []).findIndex(r => r.here)
  const rows = (s.tree || []).map((r, i) => {
    const li = h('li', { class: [r.here && 'here', r.drop && 'drop', r.kind].filter(Boolean).join(' '), 'aria-current': r.here && 'step' },
      h('span', { class: 'n' }, String(r.n)), h('span', { class: 'text' }, (r.drop ? '✗ ' : '') + r.text), r.who && h('span', { class: 'who' }, r.who))
    li.querySelector('.text').style.paddingInlineStart = `${Math.min(r.depth, 24)}ch`
    li.addEventListener('click', () => go(i > here ? { verb: 'forward', n: i - here } : { verb: 'back', n: here - i }))
    return li
  })
  into('#calls ol', ...rows)
  const cur = document.querySelector('#calls .here')
  if (cur) centre(cur)
}

// centre scrolls a row into the middle of its own list, and nothing else.
function centre(row) {
  const box = row.parentElement
  box.scrollTop = row.offsetTop - box.offsetTop - (box.clientHeight - row.offsetHeight) / 2
}

const delta = d => h('li', { class: d.here && 'here' }, h('b', {}, d.name), ' ', h('s', {}, d.from), ' → ', h('strong', {}, d.to), d.what && h('small', {}, ' ' + d.what))

export function why(s, go) {
  const v = s.verdict || {}
  const ended = v.outcome && `${v.reached ? '' : 'will be '}${v.outcome}${v.reason ? ': ' + v.reason : ''}${v.func ? ' in ' + v.func : ''}`
  const tree = s.tree || [], here = tree.findIndex(r => r.here), next = here >= 0 && tree[here + 1]
  into('#why div',
    h('p', { class: 'fn' }, h('code', {}, s.func || ''), h('span', {}, [s.layer, s.file].filter(Boolean).join(', '))),
    s.says && h('p', { class: 'says' + (v.reached && /drop/.test(v.outcome || '') ? ' drop' : '') }, s.says) || '',
    s.plain && h('p', { class: 'plain' }, s.plain) || '',
    h('p', { class: 'what' }, s.what || ''),
    list('what changed', s.changes, delta),
    list('counters', s.counts, delta),
    list('what lost', s.lost, l => h('li', {}, `not ${l.what} `, h('b', {}, l.candidate), ': ', l.because)),
    list('tracepoints', s.points, p => h('li', {}, h('code', {}, p))),
    s.checked ? h('p', { class: 'checked' }, `${{ kernel: '✓ kernel', packetdrill: '✓ packetdrill', RFC: '✓ RFC', simplified: '≈ simplified' }[s.checked.how] || '? unchecked'} ${s.checked.where || ''}`) : '',
    next ? h('p', { class: 'next' }, 'next: ', h('code', {}, next.text)) : '',
    ended ? h('p', { class: 'end' + (/^dropped$/.test(v.outcome) ? ' drop' : '') }, `This packet ${v.reached ? 'was' : ''} ${ended}.`, v.why && v.why !== s.says ? ' ' + v.why : '') : '',
    s.terms && s.terms.length ? h('p', { class: 'terms' }, 'words: ', ...s.terms.map(t => h('button', { onclick: () => go({ verb: 'explain', expr: t }) }, t))) : '')
}

function list(title, items, each) {
  if (!items || !items.length) return ''
  return h('div', {}, h('h3', {}, title), h('ul', {}, ...items.map(each)))
}

export function packets(s, go) {
  into('#list ol', ...(s.list || []).map(p => h('li', {
    class: [p.here && 'here', p.out ? 'out' : 'in', /DROP/.test(p.mark || '') && 'drop'].filter(Boolean).join(' '),
    'aria-current': p.here && 'true', onclick: () => go({ verb: 'seek', n: p.n }),
  }, h('span', { class: 'n' }, String(p.n)), h('span', { class: 'at' }, p.at), h('span', { class: 'way' }, p.script ? '$' : p.host || (p.out ? 'out' : 'in')), h('span', { class: 'text' }, p.line), h('span', { class: 'mark' }, p.mark || ''))))
  const cur = document.querySelector('#list .here')
  if (cur) centre(cur)
}

export const TABS = [['objects', 'objects'], ['sockets', 'tables'], ['family', 'family'], ['time', 'times'], ['plots', 'plots'], ['rules', 'netfilter'], ['script', 'script'], ['tcp', 'tcp']]

export function state(s, tab, go, pick) {
  into('#state [role=tablist]', ...TABS.map(([name], i) => h('button', { role: 'tab', 'aria-selected': String(name === tab), onclick: () => pick(name), title: `key ${i + 1}` }, name)))
  const body = []
  const why = (name, obj) => () => go({ verb: 'why-value', expr: obj ? `${obj} ${name}` : name })
  switch (tab) {
    case 'objects':
      for (const p of s.panels || []) {
        body.push(h('h3', {}, p.title), h('dl', {}, ...(p.values || []).flatMap(v => [
          h('dt', { title: v.what }, v.name),
          h('dd', { class: v.to && 'new' }, h('button', { title: 'who wrote this?', onclick: why(v.name) }, v.to ? `${v.value} → ${v.to}` : v.value))])))
      }
      break
    case 'sockets':
      for (const t of s.tables || []) body.push(h('h3', {}, t.title, ' ', h('code', {}, t.tool)), table(t, why))
      break
    case 'family':
      body.push(h('ul', { class: 'family' }, ...(s.family || []).map(k => {
        const li = h('li', { class: [k.here && 'here', k.lost && 'drop'].filter(Boolean).join(' ') }, h('b', {}, k.who), ' ', h('i', {}, k.how), ' ', k.line, k.outcome && h('small', {}, ` ${k.lost ? '✗ ' : ''}${k.outcome}`))
        li.style.marginInlineStart = `${k.depth}em`
        return li
      })))
      break
    case 'time':
      body.push(h('table', { class: 'times' }, ...(s.times || []).map(t => h('tr', { class: t.waiting && 'waiting' }, h('th', {}, t.name), h('td', {}, duration(t.ns)), h('td', {}, bar(t.percent))))))
      break
    case 'rules':
      body.push(...rules(s.netfilter))
      break
    case 'script':
      body.push(...script(s.script))
      break
    case 'plots':
      body.push(...(s.plots || []).map(plot))
      break
    case 'tcp':
      body.push(...page(s.tcp))
  }
  if (!body.length) body.push(h('p', { class: 'none' }, 'Nothing of this kind at this step.'))
  into('#state .body', ...body)
}

// rules are the chain that the packet is at, NAT, and all hooks.
function rules(n) {
  if (!n) return []
  const out = []
  for (const run of [n.run, n.tc].filter(Boolean)) {
    out.push(h('h3', {}, `${run === n.tc ? '' : 'chain '}${run.chain}${run.policy ? `, policy ${run.policy}` : ''}`), h('ol', { class: 'rules' }, ...(run.rules || []).map(r => {
      const li = h('li', { class: [r.state || 'not', r.here && 'here'].filter(Boolean).join(' ') }, r.chain ? h('b', {}, `chain ${r.chain}: `) : '', { matched: '✓ ', failed: '✗ ' }[r.state] || '· ',
        ...r.parts.map(p => p.failed ? h('mark', {}, p.text) : p.text), r.verdict ? h('b', {}, ` → ${r.verdict}`) : '', r.because ? h('i', {}, ` ${r.because}`) : '', r.after ? h('small', {}, ` ${r.before} → ${r.after}`) : '')
      li.style.marginInlineStart = `${r.depth || 0}em`
      return li
    })), run.verdict ? h('p', {}, run.verdict) : '')
  }
  if (n.nat) {
    out.push(h('h3', {}, 'NAT of this connection'), h('table', {}, h('thead', {}, h('tr', {}, ...['field', 'as it comes', 'as it goes on', ''].map(c => h('th', {}, c)))),
      h('tbody', {}, ...n.nat.rows.map(r => h('tr', {}, h('th', {}, r.field), h('td', {}, r.before), h('td', { class: r.manip && 'new' }, r.after), h('td', {}, r.manip || ''))))), ...(n.nat.why || []).map(w => h('p', {}, w)))
  }
  for (const k of n.hooks || []) {
    out.push(h('h3', { class: k.here && 'here' }, `${k.here ? '● ' : ''}${k.name} `, h('code', {}, k.family)), h('ul', {}, ...k.lines.map(l => h('li', { class: l.here && 'here' }, h('code', {}, l.priority), ' ', l.chain || l.func,
      l.chain ? `, ${l.rules || 0} rules` : '', l.policy ? `, policy ${l.policy}` : ''))))
  }
  if (n.words) out.push(h('p', { class: 'what' }, n.words))
  return out
}

// script is where the script of a lab is, and what it has printed.
function script(p) {
  if (!p) return []
  return [h('ol', { class: 'script' }, ...p.lines.map(l => h('li', { class: l.here && 'here', value: l.n }, h('code', {}, l.text)))), h('h3', {}, 'printed so far'),
    h('pre', {}, (p.output || []).map(o => o.text).join('\n'))]
}

// answers shows what the machine was asked.
export function answers(s, go) {
  const box = document.getElementById('console')
  box.hidden = !s.console
  if (!s.console) return into('#console')
  into('#console', h('h2', {}, `console of ${s.console.host}, at this step`), h('button', { onclick: () => go({ verb: 'ask' }) }, 'close'),
    ...(s.console.entries || []).flatMap(e => [h('p', {}, h('b', {}, `${e.host || ''}# `), h('code', {}, e.line), ' ', h('small', {}, e.place)), h('pre', {}, [...(e.out || []), ...(e.err || [])].join('\n'))]))
}

function table(t, why) {
  if (!t.rows || !t.rows.length) return h('p', { class: 'none' }, t.empty || 'none')
  return h('table', {}, h('thead', {}, h('tr', {}, ...t.columns.map(c => h('th', {}, c)))),
    h('tbody', {}, ...t.rows.map(r => h('tr', { class: r.here && 'here' }, ...(r.cells || []).map(c => h('td', { class: c.new && 'new' },
      c.field ? h('button', { title: 'who wrote this?', onclick: why(c.field, c.obj) }, c.text) : c.text, c.bar ? bar(c.bar - 1) : ''))))))
}

function bar(percent) {
  const b = h('span', { class: 'bar', role: 'img', 'aria-label': `${percent} per cent` }, h('span', {}))
  b.firstChild.style.inlineSize = `${Math.min(100, percent)}%`
  return b
}

export function duration(ns) {
  if (ns < 1000) return `${ns} ns`
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`
  if (ns < 1e9) return `${(ns / 1e6).toFixed(2)} ms`
  return `${(ns / 1e9).toFixed(3)} s`
}

export function bytes(s) {
  const b = s.bytes ? Uint8Array.from(atob(s.bytes), c => c.charCodeAt(0)) : new Uint8Array()
  const hs = s.headers || []
  const of = i => hs.findIndex(x => i >= x.from && i < x.to)
  const bitsLit = new Set()
  for (const x of hs) for (const f of x.fields || []) if (f.lit) for (let i = x.from + (f.from >> 3); i < x.from + ((f.to + 7) >> 3); i++) bitsLit.add(i)
  const rows = []
  for (let at = 0; at < b.length; at += 16) {
    const row = h('span', { class: 'row' }, h('span', { class: 'off' }, at.toString(16).padStart(4, '0')))
    for (let i = at; i < Math.min(at + 16, b.length); i++) {
      const n = of(i)
      row.append(h('span', { class: [n >= 0 ? (n % 2 ? 'odd' : 'even') : '', n >= 0 && hs[n].lit && 'lit', bitsLit.has(i) && 'field'].filter(Boolean).join(' ') }, b[i].toString(16).padStart(2, '0')))
    }
    rows.push(row, '\n')
  }
  into('#bytes div', h('pre', {}, ...rows),
    ...hs.map((x, n) => h('details', { open: x.lit, class: n % 2 ? 'odd' : 'even' }, h('summary', {}, `${x.name}${x.cut ? ' (cut)' : ''}`),
      h('dl', {}, ...(x.fields || []).flatMap(f => [h('dt', {}, f.name), h('dd', { class: f.lit && 'lit' }, f.was ? `${f.was} → ${f.value}` : f.value)])))))
}

export function timeline(s, go) {
  const t = s.timeline
  const box = document.getElementById('timeline')
  box.hidden = !t || !t.buckets || t.buckets.length < 2
  if (box.hidden) return
  const top = Math.max(...t.buckets.map(b => b.count), 1)
  box.replaceChildren(...t.buckets.map((b, i) => {
    const e = h('button', {
      class: [i === t.here && 'here', b.drops && 'drop', b.again && 'again', b.state && 'state'].filter(Boolean).join(' '), tabindex: -1,
      title: `packet ${b.first}: ${b.count} packets${b.drops ? `, ${b.drops} dropped` : ''}${b.again ? `, ${b.again} sent again` : ''}`,
      'aria-label': `packet ${b.first}`, onclick: () => go({ verb: 'seek', n: b.first }),
    }, b.drops ? '✗' : '')
    e.style.blockSize = `${30 + 70 * b.count / top}%`
    return e
  }))
}

export function overview(s, go) {
  const o = s.overview
  if (!o) return
  into('#overview h2', o.line)
  const names = s.stages || []
  into('#overview div',
    h('dl', { class: 'facts' }, ...(o.facts || []).flatMap(f => [h('dt', {}, f.name), h('dd', {}, f.value)])),
    ...(s.findings || []).map(f => h('p', { class: 'finding' }, f)),
    h('ol', { class: 'groups' }, ...(o.groups || []).map((g, i) => h('li', { class: [i === o.here && 'here', g.lost && 'drop'].filter(Boolean).join(' ') },
      h('button', { onclick: () => go({ verb: 'open', n: g.n }) },
        h('b', {}, `${g.count} ${g.count === 1 ? 'packet' : 'packets'} (${g.percent} %) ${g.out ? 'went out' : 'came in'}`), bar(g.percent),
        h('span', { class: 'road' }, (g.way || []).map(i => names[i] ? names[i].name : '').join(' ▸ ')),
        h('span', { class: 'ended' }, (g.lost ? '✗ ' : '') + g.ended), h('code', {}, g.line))))),
    (o.times || []).length ? h('table', { class: 'times' }, h('caption', {}, `where the time went${o.scope ? ', ' + o.scope : ''}`), ...o.times.map(t => h('tr', { class: t.waiting && 'waiting' }, h('th', {}, t.name), h('td', {}, duration(t.ns)), h('td', {}, bar(t.percent))))) : '')
}

export function lesson(s, go) {
  const box = document.getElementById('lesson'), l = s.lesson
  box.hidden = !l
  document.body.classList.toggle('learns', !!l)
  if (!l) return
  box.replaceChildren(
    h('h2', {}, l.title), h('p', { class: 'part' }, `part ${l.part} of ${l.parts}`),
    ...(l.page || (l.text || []).map(t => ({ kind: 'text', spans: [{ text: t }] }))).map(p => h(p.kind === 'pre' ? 'pre' : p.kind === 'head' ? 'h3' : 'p', { class: p.kind }, p.mark && p.mark + ' ', ...(p.spans || []).map(x => span(x, go)))),
    l.ask ? h('fieldset', {}, h('legend', {}, l.ask), ...(l.answers || []).map((a, i) => h('button', {
      class: a.right ? 'right' : a.wrong ? 'wrong' : '', 'aria-pressed': String(l.chosen === i + 1), onclick: () => go({ verb: 'answer', n: i + 1 }),
    }, `${i + 1}. ${a.right ? '✓ ' : a.wrong ? '✗ ' : ''}${a.text}`))) : '',
    l.says ? h('p', { class: 'says', role: 'status' }, l.says) : '',
    l.do ? h('p', { class: 'do' }, l.do) : '',
    h('p', { class: 'nav' },
      h('button', { disabled: l.part <= 1, onclick: () => go({ verb: 'prev-part' }) }, 'back'),
      h('button', { disabled: !l.next, onclick: () => go({ verb: 'next-part' }) }, l.done ? 'done' : 'next'),
      h('button', { onclick: () => go({ verb: 'lesson' }) }, 'leave')))
}

function span(x, go) {
  if (x.do) return h('button', { class: 'link', onclick: () => go(x.do) }, x.text)
  if (x.href && /^https?:/.test(x.href)) return h('a', { href: x.href, rel: 'noreferrer noopener', target: '_blank' }, x.text)
  return h({ em: 'em', strong: 'strong', code: 'code', value: 'var' }[x.style] || 'span', {}, x.text)
}

export function gloss(s, go) {
  const d = document.getElementById('gloss'), g = s.gloss
  if (!g) { if (d.open) d.close(); return }
  d.replaceChildren(h('h2', {}, g.term), h('p', {}, g.words), g.more ? h('p', {}, g.more) : '', g.from ? h('p', { class: 'from' }, g.from) : '',
    h('p', { class: 'terms' }, ...(g.see || []).map(t => h('button', { onclick: () => go({ verb: 'explain', expr: t }) }, t))),
    h('button', { onclick: () => go({ verb: 'explain' }) }, 'close'))
  if (!d.open) d.showModal()
}

export function help(keys) {
  const groups = new Map()
  for (const k of keys) groups.set(k.group, [...(groups.get(k.group) || []), k])
  into('#help div', ...[...groups].map(([name, list]) => h('section', {}, h('h3', {}, name), h('dl', {}, ...list.flatMap(k => [h('dt', {}, ...k.keys.map(x => h('kbd', {}, x))), h('dd', {}, k.help)])))))
}
