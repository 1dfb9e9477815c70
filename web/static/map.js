// The map of the stack: a packet climbs on the left, goes across when it is for
// somebody else, and descends on the right. Stages are numbered as in
// stack/view/stages.go, from bottom to top and from top to bottom.

const SVG = 'http://www.w3.org/2000/svg'
const ROW = 44, BOX = 30, LEFT = 14, WIDTH = 178, GAP = 96, TOP = 26
const RIGHT = LEFT + WIDTH + GAP
const STILL = matchMedia('(prefers-reduced-motion: reduce)')

// rows from top to bottom: the stage on the left, the stage on the right.
const ROWS = [[11, 13], [10, 14], [9, 15], [8, 16], [7, 17], [6, 18], [5, 19], [4, 20], [3, 0], [2, 21], [1, 22]]
const ACROSS = 12

function el(name, attrs, ...kids) {
  const e = document.createElementNS(SVG, name)
  for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v)
  e.append(...kids)
  return e
}

// where a stage's box is.
const PLACES = new Map()
ROWS.forEach(([l, r], i) => {
  if (l) PLACES.set(l, { x: LEFT, y: TOP + i * ROW, w: WIDTH })
  if (r) PLACES.set(r, { x: RIGHT, y: TOP + i * ROW, w: WIDTH })
})
PLACES.set(ACROSS, { x: LEFT + WIDTH + 12, y: TOP + 4.5 * ROW, w: GAP - 24 })

export class StackMap {
  constructor(parent, go) {
    this.go = go
    const h = TOP + ROWS.length * ROW + 18
    this.svg = el('svg', { viewBox: `0 0 ${RIGHT + WIDTH + LEFT} ${h}`, role: 'img' })
    this.title = el('title', {})
    this.svg.append(this.title)
    this.roads = el('g', { class: 'roads' })
    this.boxes = el('g', {})
    this.token = el('circle', { class: 'token', r: 7 })
    this.token.style.visibility = 'hidden'
    this.svg.append(this.roads, this.boxes, this.token)
    this.label(LEFT, h - 4, '▲ comes in')
    this.label(RIGHT, h - 4, '▼ goes out')
    parent.append(this.svg)
    this.at = 0
  }

  label(x, y, text) { this.svg.append(el('text', { x, y, class: 'side' }, text)) }

  road(from, to, lit) {
    const a = PLACES.get(from), b = PLACES.get(to)
    let d
    if (from === ACROSS || to === ACROSS) {
      const [f, t] = [a, b].map(p => ({ x: p.x + p.w / 2, y: p.y + BOX / 2 }))
      d = from === ACROSS ? `M${a.x + a.w} ${f.y} H${b.x - 8} V${t.y} H${b.x}` : `M${a.x + a.w} ${f.y} H${b.x - 6} V${t.y} H${b.x}`
    } else {
      const x = a.x + 18
      d = a.y > b.y ? `M${x} ${a.y} V${b.y + BOX}` : `M${x} ${a.y + BOX} V${b.y}`
    }
    this.roads.append(el('path', { d, class: lit ? 'lit' : '' }))
  }

  draw(scene) {
    const st = scene.stages || []
    const seen = i => st[i] && st[i].visited
    this.roads.replaceChildren()
    for (let i = 1; i < 11; i++) this.road(i, i + 1, seen(i) && seen(i + 1))
    for (let i = 13; i < 22; i++) this.road(i, i + 1, seen(i) && seen(i + 1))
    this.road(7, ACROSS, seen(ACROSS))
    this.road(ACROSS, 18, seen(ACROSS) && seen(18))
    this.boxes.replaceChildren()
    for (const [i, p] of PLACES) {
      const s = st[i]
      if (!s) continue
      const cls = ['stage', s.visited && 'visited', s.lit && 'here', s.dropped && 'dropped', s.not && 'not'].filter(Boolean).join(' ')
      const g = el('g', { class: cls, transform: `translate(${p.x} ${p.y})` })
      g.append(el('rect', { width: p.w, height: BOX, rx: 5 }))
      const small = i === ACROSS
      g.append(el('text', { x: small ? p.w / 2 : 30, y: 19, class: small ? 'name mid' : 'name' }, s.name))
      if (s.dropped) g.append(el('text', { x: p.w + 8, y: 20, class: 'ended' }, '✗ DROP'))
      g.append(el('title', {}, s.not || (s.func ? `${s.name}: ${s.func}` : s.name)))
      this.boxes.append(g)
    }
    const lit = PLACES.get(scene.lit)
    this.token.style.visibility = lit ? '' : 'hidden'
    if (lit) {
      const small = scene.lit === ACROSS
      this.token.style.transition = STILL.matches || !this.at ? 'none' : ''
      this.token.style.transform = `translate(${lit.x + (small ? 0 : 18)}px, ${lit.y + BOX / 2}px)`
    }
    this.at = scene.lit
    const here = st[scene.lit]
    this.title.textContent = here ? `The packet is at ${here.name}, ${scene.lit < 12 ? 'coming in' : scene.lit > 12 ? 'going out' : 'being forwarded'}.` : 'The packet is nowhere on the map.'
  }
}
