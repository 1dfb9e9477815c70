// The page: Scenes in by server-sent events, Commands out by POST, keys from
// the same table as the terminal's.

import { StackMap } from './map.js'
import * as panes from './panes.js'

const token = location.hash.slice(1)
const $ = id => document.getElementById(id)
let scene = null, keys = [], tab = 'objects', playing = 0, speed = 2
const SPEEDS = [2000, 1200, 700, 350, 150, 60]

const map = new StackMap($('map'), go)

// Commands are sent one at a time, in order.
let last = Promise.resolve()
function go(c) {
  last = last.catch(() => {}).then(async () => {
    let r, body
    try {
      r = await fetch('/do', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Packetwalk-Token': token }, body: JSON.stringify(c) })
      body = await r.text()
    } catch {
      lost()
      return
    }
    if (r.ok) take(Number(r.headers.get('X-Packetwalk-Scene')), body)
    else $('notice').textContent = body.trim()
  })
  return last
}

// take draws a Scene unless a newer one is drawn already: they come by two ways.
let newest = 0
function take(n, text) {
  if (n <= newest) return
  newest = n
  draw(JSON.parse(text))
}

function lost() {
  play(false)
  $('notice').textContent = 'packetwalk has ended, or cannot be reached. Start it again, and open the address that it prints.'
}

function draw(s) {
  const moved = !scene || scene.packet !== s.packet || scene.step !== s.step || scene.notice !== s.notice || scene.screen !== s.screen
  scene = s
  window.packetwalkScene = s
  const over = s.screen === 'overview'
  $('overview').hidden = !over
  $('walk').hidden = over
  panes.header(s)
  panes.timeline(s, go)
  if (over) panes.overview(s, go)
  else {
    map.draw(s)
    panes.calls(s, go)
    panes.why(s, go)
    panes.packets(s, go)
    panes.answers(s, go)
    panes.state(s, tab, go, pick)
    panes.bytes(s)
  }
  panes.lesson(s, go)
  panes.gloss(s, go)
  if (moved) $('live').textContent = over ? (s.overview || {}).line : `Packet ${s.packet}, step ${s.step} of ${s.steps}. ${s.func || ''}. ${s.says || s.what || ''} ${s.notice || ''}`
  if (playing && s.notice) play(false)
}

function pick(name) {
  tab = name
  if (scene) draw(scene)
  if (scene && scene.tcp && scene.tcp.more && (name === 'plots' || name === 'tcp')) go({ verb: 'plots' })
}

function play(on) {
  clearTimeout(playing)
  playing = 0
  document.body.classList.toggle('playing', on)
  if (!on) return
  const tick = async () => {
    await go({ verb: 'forward' })
    if (playing) playing = setTimeout(tick, SPEEDS[speed])
  }
  playing = setTimeout(tick, SPEEDS[speed])
}

// prompt asks for a line, then sends it with the verb.
let asking = null
function ask(k) {
  asking = k
  $('prompt').hidden = false
  $('prompt').firstElementChild.textContent = k.ask
  $('said').value = ''
  $('said').focus()
}

$('prompt').addEventListener('submit', e => {
  e.preventDefault()
  const k = asking, said = $('said').value.trim()
  closePrompt()
  if (!k) return
  if (!k.cmd.verb || k.does === 'line') go({ verb: 'line', expr: said })
  else if (k.cmd.verb === 'seek') go({ verb: 'line', expr: said })
  else go({ ...k.cmd, expr: said })
})

function closePrompt() {
  asking = null
  $('prompt').hidden = true
  $('said').blur()
}

// nameOf is a key as the terminal names it.
const NAMES = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', ' ': 'space', Escape: 'esc', PageDown: 'pgdown', PageUp: 'pgup', Home: 'home', End: 'end', Tab: 'tab', Backspace: 'backspace', Enter: 'enter', F1: 'f1' }
function nameOf(e) {
  const k = NAMES[e.key] || e.key
  return (e.ctrlKey ? 'ctrl+' : '') + (e.shiftKey && k.length > 1 ? 'shift+' : '') + k
}

document.addEventListener('keydown', e => {
  if (e.altKey || e.metaKey) return
  if (e.target === $('said')) { if (e.key === 'Escape') { e.preventDefault(); closePrompt() } return }
  if (document.querySelector('dialog[open]')) {
    if (e.key === 'Escape' && $('gloss').open) { e.preventDefault(); go({ verb: 'explain' }) }
    return
  }
  const name = nameOf(e)
  // Tab, and the keys of what has the focus, are the browser's.
  if (name === 'tab' || name === 'shift+tab') return
  if ((name === 'enter' || name === 'space') && e.target.closest && e.target.closest('button, a, summary')) return
  if (scene && scene.lesson && /^[1-9]$/.test(name) && (scene.lesson.answers || []).length) { go({ verb: 'answer', n: +name }); return }
  if (scene && scene.lesson && name === 'enter' && scene.lesson.next) { go({ verb: 'next-part' }); return }
  if (/^[1-9]$/.test(name) && panes.TABS[name - 1]) { pick(panes.TABS[name - 1][0]); return }
  if (scene && scene.screen === 'overview' && scene.overview) {
    const n = scene.overview.here + 1
    const to = { j: n + 1, down: n + 1, k: n - 1, up: n - 1 }[name]
    if (to) { e.preventDefault(); if (to >= 1 && to <= scene.overview.groups.length) go({ verb: 'choose', n: to }); return }
    if (name === 'enter') { go({ verb: 'open' }); return }
  }
  const k = keys.find(k => k.keys.includes(name))
  if (k && act(k)) e.preventDefault()
})

// act does what a key, or its button, stands for.
function act(k) {
  switch (k.does) {
    case 'play': play(!playing); return true
    case 'faster': speed = Math.min(speed + 1, SPEEDS.length - 1); return true
    case 'slower': speed = Math.max(speed - 1, 0); return true
    case 'help': $('help').showModal(); return true
    case 'clear': play(false); if (scene && scene.gloss) go({ verb: 'explain' }); return true
    case 'ask': case 'line': play(false); ask(k); return true
    case 'send': go(k.cmd); return true
  }
  return false
}

async function start() {
  if (!/^[0-9a-f]{32}$/.test(token)) {
    $('notice').textContent = 'This address has no token. Open the whole address that packetwalk printed.'
    return
  }
  const r = await fetch('/keys', { headers: { 'X-Packetwalk-Token': token } })
  if (!r.ok) { $('notice').textContent = await r.text(); return }
  keys = await r.json()
  panes.help(keys)
  $('buttons').replaceChildren(...keys.filter(k => k.short && k.does).map(k => panes.h('button', { title: k.help, onclick: () => act(k) }, panes.h('kbd', {}, k.keys[0]), ' ' + k.short)))
  const events = new EventSource(`/scenes?token=${token}`)
  events.onmessage = e => take(Number(e.lastEventId), e.data)
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) lost() }
}

start()
