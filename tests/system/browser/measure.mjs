// What stands on a page, measured from the boxes of its elements: run inside the page, gives plain data.
export function measure() {
  const seen = element => { const box = element.getBoundingClientRect(); return box.width > 0 && box.height > 0 }
  const short = text => text.trim().slice(0, 60)
  const parsed = colour => { const parts = colour.match(/[\d.]+/g); return parts ? parts.map(Number) : null }
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  const ground = parsed(getComputedStyle(document.body).backgroundColor)
  const found = { overlaps: [], clipped: [], small: [], faint: [], scrolled: [] }
  const drawings = [...document.querySelectorAll('svg')].filter(seen)
  for (const svg of drawings) {
    const frame = svg.getBoundingClientRect()
    const scale = frame.width / svg.viewBox.baseVal.width
    const boxes = [...svg.querySelectorAll('path')].filter(path => /fill/.test(path.outerHTML) && path.getAttribute('fill') !== 'none')
    const texts = [...svg.querySelectorAll('text')].map(text => ({ text, box: text.getBoundingClientRect(), says: short(text.textContent) }))
    for (const [place, one] of texts.entries()) {
      const { box, says, text } = one
      if (box.left < frame.left - 1.5 || box.right > frame.right + 1.5 || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5 || box.right > innerWidth)
        found.clipped.push(says)
      for (const other of texts.slice(place + 1)) {
        const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
        const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
        if (wide > 1 && high > 2) found.overlaps.push(`${says} / ${other.says}`)
      }
      const style = getComputedStyle(text)
      if (parseFloat(style.fontSize) * scale < 11.99) found.small.push(says)
      const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2
      const under = boxes.filter(path => { const p = path.getBoundingClientRect(); return p.left < x && x < p.right && p.top < y && y < p.bottom }).pop()
      const below = under ? parsed(getComputedStyle(under).fill) : ground
      if (contrast(parsed(style.fill), below) < 4.5) found.faint.push(says)
    }
    for (const path of boxes) {
      const fill = parsed(getComputedStyle(path).fill)
      if (seen(path) && fill && fill[3] !== 0 && contrast(fill, ground) < 2.95) found.faint.push(getComputedStyle(path).fill)
    }
  }
  for (const element of document.querySelectorAll('body *:not(svg *)')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
    if (!own || !seen(element)) continue
    if (parseFloat(getComputedStyle(element).fontSize) < 12) found.small.push(short(element.textContent))
    const box = element.getBoundingClientRect()
    if (!element.closest('.scroll, .skip') && (box.right > innerWidth + 1 || box.left < -1)) found.clipped.push(short(element.textContent))
  }
  for (const table of document.querySelectorAll('.scroll'))
    if (seen(table) && table.scrollWidth > table.clientWidth + 1) found.scrolled.push(short(table.textContent))
  return { ...found, drawings: drawings.length, texts: document.querySelectorAll('svg text').length,
    overflow: document.documentElement.scrollWidth - innerWidth, scripts: document.scripts.length, lang: document.documentElement.lang }
}
