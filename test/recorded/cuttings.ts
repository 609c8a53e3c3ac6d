/** Ways in which a stream may bring a text. */
export const cuttings: Readonly<Record<string, (text: string) => string[]>> = {
  'single characters': (text) => text.split(''),
  'one to eight characters': (text) => inLengths(text, numbers(7 + text.length)),
  words: (text) => text.split(/(?<=\s)/),
  lines: (text) => text.split(/(?<=\n)/),
  'one piece': (text) => [text],
}

/** From 0 to 1, the same on every run. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** In pieces of one to eight characters. */
export function inLengths(text: string, next: () => number): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const length = 1 + Math.floor(next() * 8)
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}
