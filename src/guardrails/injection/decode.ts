import { disguiseSigns } from './disguise-signs.ts'

/** Most stretches of one encoding that are decoded in a window, and how long a decoded reading may get. */
const mostStretches = 4
const longestReading = 2000

const longestStretch = 4000
const onlyHex = /^[0-9a-fA-F]+$/
const hexStretch = /(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ :,]?){12,2000}/g
const percentStretch = /(?:%[0-9a-fA-F]{2}){1,500}/g
const entity = /&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));?/g
const spacedLetters = /(?<![\p{L}\p{N}])\p{L}(?:[ ._*|-]{1,3}\p{L}(?![\p{L}\p{N}])){7,400}/gu
/** Words of attacks, to part again what was written without spaces. */
const joinedWords =
  /(ignore|disregard|forget|override|previous|prior|above|earlier|instructions?|guidelines|rules|system|prompt|reveal|show|repeat|password|all|your|the)/gi

const leetLetters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
}

/** How a text is written whose words give it away. */
export interface WordDisguise {
  readonly rotated: boolean
  readonly reversed: boolean
}

/**
 * What a window of text says when it is decoded: base64, hexadecimal, percent and HTML escapes, ROT13, leet, letters
 * apart and text written backwards. Once, not again and again; only where there are signs of it; bounded, so linear.
 */
export function decodedReadings(text: string, words: WordDisguise): string[] {
  const signs = disguiseSigns(text)
  const readings: string[] = []
  const add = (reading: string | null): void => {
    if (reading !== null && reading.length >= 8) readings.push(reading.slice(0, longestReading))
  }
  for (let index = 0; index < signs.runs.length; index += 2) {
    const [start = 0, end = 0] = signs.runs.slice(index, index + 2)
    const stretch = text.slice(start, Math.min(end, start + longestStretch))
    add(readable(Buffer.from(stretch, onlyHex.test(stretch) ? 'hex' : 'base64')))
  }
  if (signs.hexPairs)
    for (const stretch of stretches(text, hexStretch))
      add(readable(Buffer.from(stretch.replace(/\\x|0x|[ :,]/g, ''), 'hex')))
  if (signs.percents) add(text.replace(percentStretch, unescapedPercents))
  if (signs.entities) add(text.replace(entity, characterOf))
  if (words.rotated) add(text.replace(/[a-z]/gi, rotated))
  if (words.reversed) add(Array.from(text).reverse().join(''))
  if (signs.leetTo > signs.leetFrom)
    add(text.slice(signs.leetFrom, signs.leetTo).replace(/[013457@$!|]/g, (sign) => leetLetters[sign] ?? sign))
  if (signs.spacedLetters) for (const stretch of stretches(text, spacedLetters)) add(closedUp(stretch))
  return readings
}

function stretches(text: string, pattern: RegExp): string[] {
  pattern.lastIndex = 0
  const found: string[] = []
  while (found.length < mostStretches) {
    const match = pattern.exec(text)
    if (match === null) break
    found.push(match[0])
  }
  return found
}

/** Bytes as text, when they are text: letters and spaces, hardly anything else. */
function readable(bytes: Buffer): string | null {
  const text = bytes.toString('utf8', 0, longestReading)
  let plain = 0
  let strange = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0xfffd || (unit < 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09)) strange++
    else if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) plain++
    else if (unit === 0x20 || unit > 0x7f) plain++
  }
  return strange * 20 <= text.length && plain * 10 >= text.length * 7 ? text : null
}

function unescapedPercents(stretch: string): string {
  return Buffer.from(stretch.replaceAll('%', ''), 'hex').toString('utf8')
}

function characterOf(whole: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole
}

function rotated(letter: string): string {
  const code = letter.charCodeAt(0)
  const first = code < 0x61 ? 0x41 : 0x61
  return String.fromCharCode(((code - first + 13) % 26) + first)
}

/** Letters that stood apart, as words: wider gaps part words where there are any, else the words of attacks do. */
function closedUp(stretch: string): string {
  const closed = stretch.replace(/([ ._*|-]{2,3})|[ ._*|-]/g, (_, wide: string | undefined) => (wide ? ' ' : ''))
  return closed.includes(' ') ? closed : closed.replace(joinedWords, ' $1 ')
}
