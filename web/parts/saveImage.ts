// A drawn picture as a file: SVG that stands alone, or PNG in twice its size. Colours that the page's style gives by name are
// written out, since a file has no style of the page.

interface ImageOptions {
  name: string
  kind: 'svg' | 'png'
  /** Stands in the file, for those who cannot see it. */
  title: string
}

const SCALE = 2
const MARGIN = 12
/** What every browser's canvas holds: pixels of a side, and all of them. */
const MOST_ACROSS = 16_384
const MOST_PIXELS = 100_000_000

/** What is drawn need not be in the document; its width and height are those of its attributes. */
export async function saveImage(drawn: SVGSVGElement, { name, kind, title }: ImageOptions): Promise<void> {
  const svg = standalone(drawn, title)
  const blob = new Blob([svg.text], { type: 'image/svg+xml' })
  download(kind === 'svg' ? blob : await png(svg), `${fileStem(name)}.${kind}`)
}

/** Without what is not allowed in names of files somewhere. */
const fileStem = (name: string): string =>
  name.replace(/[^\p{Letter}\p{Number}._-]+/gu, '-').replace(/-+$/, '')

interface Standalone {
  text: string
  width: number
  height: number
}

function standalone(drawn: SVGSVGElement, title: string): Standalone {
  const [width, height] = [drawn.width.baseVal.value, drawn.height.baseVal.value]
  const copy = drawn.cloneNode(true) as SVGSVGElement
  const style = getComputedStyle(document.documentElement)
  const outer = { width: Math.ceil(width) + 2 * MARGIN, height: Math.ceil(height) + 2 * MARGIN }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('viewBox', `${-MARGIN} ${-MARGIN} ${outer.width} ${outer.height}`)
  copy.setAttribute('width', String(outer.width))
  copy.setAttribute('height', String(outer.height))
  copy.setAttribute('font-family', style.getPropertyValue('--font'))
  copy.setAttribute('font-size', '12')
  copy.setAttribute('color', style.getPropertyValue('--ink-soft'))
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  paper.setAttribute('x', String(-MARGIN))
  paper.setAttribute('y', String(-MARGIN))
  paper.setAttribute('width', '100%')
  paper.setAttribute('height', '100%')
  paper.setAttribute('fill', 'var(--paper)')
  const heading = document.createElementNS('http://www.w3.org/2000/svg', 'title')
  heading.textContent = title
  copy.prepend(heading, paper)
  const text = new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--[\w-]+)\)/g, (_, property: string) =>
      style.getPropertyValue(property).trim().replaceAll('"', "'"),
    )
  return { text, ...outer }
}

async function png({ text, width, height }: Standalone): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  const scale = scaleOf(width, height)
  canvas.width = Math.floor(width * scale)
  canvas.height = Math.floor(height * scale)
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/png'))
}

/** In its own size where twice the size is more than a canvas holds, and smaller where that is too. */
function scaleOf(width: number, height: number): number {
  const most = Math.min(MOST_ACROSS / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)))
  return most >= SCALE ? SCALE : Math.min(1, most)
}

function download(blob: Blob, file: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = file
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
